"""Read a folder of Tenant manifests and the secrets they name."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from acuse.errors import InvalidManifest
from acuse.resources.tenant import TenantManifest, thresholds
from acuse.tenants.manifest import claimed_key, documents, parse_manifest
from acuse.tenants.numbers import settle_numbers
from acuse.tenants.secrets import SecretFiles, read_app
from acuse.tenants.tenant import App, Number, Tenant, tenant_id


@dataclass(frozen=True, slots=True)
class Fault:
    """A manifest or secret that was refused: whose, and why; `key` is None when it does not say."""

    file: str
    key: str | None
    reason: str


@dataclass(frozen=True, slots=True)
class Loaded:
    """What a folder says: the tenants to serve, the file each came from, and what was refused."""

    tenants: dict[str, Tenant] = field(default_factory=dict[str, Tenant])
    files: dict[str, str] = field(default_factory=dict[str, str])
    app: App | None = None
    faults: tuple[Fault, ...] = ()


@dataclass(slots=True)
class _Reading:
    """A folder half read."""

    tenants: dict[str, Tenant] = field(default_factory=dict[str, Tenant])
    files: dict[str, str] = field(default_factory=dict[str, str])
    faults: list[Fault] = field(default_factory=list[Fault])


def load_folder(
    folder: Path, *, region: str, app_secret_ref: str, before: Loaded | None = None
) -> Loaded:
    """Return the tenants of `region`; what is broken stays as it was in `before`, the rest goes on.

    Raises InvalidManifest only when the folder itself cannot be read.
    """
    before = before or Loaded()
    reading = _Reading()
    app = _read_app(folder / "secrets", app_secret_ref, before, reading)
    for file in _manifest_files(folder):
        _read_file(file, reading, _Compiler(folder / "secrets", region, app))
    _keep_broken(reading, before)
    settled = settle_numbers(reading.tenants, before.tenants)
    refused = [Fault(reading.files[key], key, reason) for key, reason in settled.refused]
    files = {key: reading.files[key] for key in settled.tenants}
    return Loaded(settled.tenants, files, app, (*reading.faults, *refused))


def _manifest_files(folder: Path) -> list[Path]:
    try:
        # A name with a leading dot is an editor's, or Kubernetes' own ..data.
        found = [f for f in folder.iterdir() if f.suffix in {".yaml", ".yml"} and f.name[0] != "."]
    except OSError as exc:
        raise InvalidManifest("the folder of tenants cannot be read") from exc
    return sorted(found)


def _read_app(secrets: Path, reference: str, before: Loaded, reading: _Reading) -> App | None:
    if not reference:
        return None
    try:
        return read_app(secrets, reference)
    except InvalidManifest as exc:
        reading.faults.append(Fault("secrets", None, str(exc)))
        return before.app


@dataclass(frozen=True, slots=True)
class _Compiler:
    secrets: Path
    region: str
    app: App | None

    def tenant(self, manifest: TenantManifest) -> Tenant:
        """Return the tenant with its secrets; raise InvalidManifest when one cannot be used."""
        spec = manifest.spec
        return Tenant(
            key=manifest.key,
            id=tenant_id(manifest.key),
            display_name=spec.display_name,
            numbers=tuple(self._numbers(manifest)),
            locale=spec.locale,
            currency=spec.currency,
            result_template=spec.templates.result,
            suspended=spec.suspend,
            workers_mode=spec.workers.mode,
            ocr=spec.workers.ocr or "Auto",
            thresholds=thresholds(spec.reading),
        )

    def _numbers(self, manifest: TenantManifest) -> Iterable[Number]:
        namespace = manifest.metadata.namespace
        for number in manifest.spec.whatsapp.numbers:
            name = f"{namespace}/{number.secret_ref.name}"
            files = SecretFiles(self.secrets / namespace / number.secret_ref.name, name)
            app_secrets = files.app_secrets() or (self.app.app_secrets if self.app else ())
            if not app_secrets:
                raise InvalidManifest(f"secret {name}: appSecret is missing")
            yield Number(
                phone_number_id=number.phone_number_id,
                waba_id=number.waba_id,
                graph_version=number.graph_version,
                verify_token=files.text("verifyToken"),
                access_token=files.text("accessToken"),
                app_secrets=app_secrets,
            )


def _read_file(file: Path, reading: _Reading, compiler: _Compiler) -> None:
    document: object = None
    try:
        for document in documents(file.read_text(encoding="utf-8")):
            _read_document(document, file.name, reading, compiler)
    except (InvalidManifest, OSError, UnicodeDecodeError) as exc:
        reason = str(exc) if isinstance(exc, InvalidManifest) else "the file cannot be read"
        reading.faults.append(Fault(file.name, None, reason))


def _read_document(document: object, file: str, reading: _Reading, compiler: _Compiler) -> None:
    key = claimed_key(document)
    if key in reading.files:
        reason = f"{key} is declared in {reading.files[key]} too"
        reading.faults.append(Fault(file, key, reason))
        return
    try:
        manifest = parse_manifest(document)
        if manifest.placed_in(compiler.region):
            reading.tenants[manifest.key] = compiler.tenant(manifest)
        reading.files[manifest.key] = file
    except InvalidManifest as exc:
        reading.faults.append(Fault(file, key, str(exc)))


def _keep_broken(reading: _Reading, before: Loaded) -> None:
    """Take over from `before` each tenant whose manifest is broken now."""
    broken = {fault.key for fault in reading.faults}
    nameless = {fault.file for fault in reading.faults if fault.key is None}
    for key, tenant in before.tenants.items():
        file = before.files[key]
        if key not in reading.files and (key in broken or file in nameless):
            reading.tenants[key] = tenant
            reading.files[key] = file
