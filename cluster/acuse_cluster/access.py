"""How to reach one cluster: its address, TLS, and credentials that are read again as they change.

Credentials and kubeconfigs are loaded by the `kubernetes` package. It is imported only when asked
for: importing it costs half a second and 55 MiB, and who keeps tenants in a folder needs none.
"""

from __future__ import annotations

import asyncio
import os
import ssl
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from acuse.errors import KubeconfigRefused
from acuse_cluster.kubeconfig import Chosen, choose_from_bytes, choose_from_files, write_data

if TYPE_CHECKING:
    from kubernetes.aio.client import Configuration

# A projected token is replaced at 80 % of its life, ten minutes at the least.
_READ_AGAIN_AFTER: Final = 60.0


class Access:
    """One cluster's API: where it is and how to be let in."""

    def __init__(
        self, configuration: Configuration, *, tls: ssl.SSLContext | None, token: Path | None = None
    ) -> None:
        self.server = str(configuration.host).rstrip("/")
        self.tls = tls
        self.server_name: str | None = configuration.tls_server_name
        self.proxy: str | None = configuration.proxy
        self._configuration = configuration
        self._token = token
        self._read_at = time.monotonic()

    async def headers(self) -> dict[str, str]:
        """Return the headers that say who we are; a token file is read again every minute."""
        if self._token is not None and time.monotonic() - self._read_at > _READ_AGAIN_AFTER:
            self.refresh()
        key = self._configuration.api_key.get("BearerToken")
        return {"Authorization": key.strip()} if key else {}

    async def lets_in(self) -> bool:
        """Tell whether there is anything that says who we are."""
        return bool(await self.headers()) or bool(self._configuration.cert_file)

    def refresh(self) -> None:
        """Read the token file and the CA again now; what cannot be read stays as it was."""
        self._read_at = time.monotonic()
        if self._token is None:
            return
        try:
            token = self._token.read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError):
            return
        if token:
            self._configuration.api_key["BearerToken"] = f"Bearer {token}"
        self._trust_new_authority()

    def _trust_new_authority(self) -> None:
        authority = self._configuration.ssl_ca_cert
        if self.tls is None or authority is None:
            return
        try:
            # Adds to what is trusted; connections made from now on are checked by it.
            self.tls.load_verify_locations(cafile=authority)
        except (OSError, ssl.SSLError):
            return


async def load_access(*, kubeconfig: str | None = None, context: str | None = None) -> Access:
    """Return access by a kubeconfig file, else by the pod's own account, else as kubectl finds it.

    `kubeconfig` may be several paths, as in KUBECONFIG. Raises KubeconfigRefused.
    """
    if kubeconfig is None and context is None and os.environ.get("KUBERNETES_SERVICE_HOST"):
        return await asyncio.to_thread(_pod_access)
    chosen = await asyncio.to_thread(
        choose_from_files, kubeconfig_files(kubeconfig), context=context
    )
    return await _chosen_access(chosen)


async def access_of(chosen: Chosen) -> Access:
    """Return access by a context that was chosen, also by one with a credential plugin.

    The plugin is run once, now. Raises KubeconfigRefused.
    """
    access = await _chosen_access(chosen)
    if "exec" in chosen.user and not await access.lets_in():
        raise KubeconfigRefused("its credential plugin gave no credentials")
    return access


async def access_from_bytes(kubeconfig: bytes, *, context: str | None = None) -> Access:
    """Return access by a kubeconfig from a Secret; it may name neither files nor plugins."""
    return await _chosen_access(choose_from_bytes(kubeconfig, context=context))


def kubeconfig_files(kubeconfig: str | None) -> list[Path]:
    """Return where kubectl looks: these paths, else KUBECONFIG's, else ~/.kube/config."""
    named = kubeconfig or os.environ.get("KUBECONFIG") or str(Path.home() / ".kube" / "config")
    return [Path(part).expanduser() for part in named.split(os.pathsep) if part]


def _pod_access() -> Access:
    # See the module's docstring for why these imports are not at the top.
    from kubernetes.aio import client, config  # noqa: PLC0415 - slow and large; only when asked for
    from kubernetes.aio.config import incluster_config  # noqa: PLC0415 - as above

    configuration = client.Configuration()
    loader: Any = config
    try:
        loader.load_incluster_config(client_configuration=configuration)
    except loader.ConfigException as exc:
        raise KubeconfigRefused(f"the pod's own account cannot be used: {exc}") from exc
    token = Path(incluster_config.SERVICE_TOKEN_FILENAME)
    return Access(configuration, tls=_tls(configuration), token=token)


async def _chosen_access(chosen: Chosen) -> Access:
    def imported() -> tuple[Configuration, Any]:
        from kubernetes.aio import client, config  # noqa: PLC0415 - slow and large

        return client.Configuration(), config

    configuration, loader = await asyncio.to_thread(imported)
    with tempfile.TemporaryDirectory(prefix="acuse-") as folder:
        # The package would leave a private key in a temporary file for as long as we live.
        document = write_data(chosen, Path(folder)).document()
        try:
            await loader.load_kube_config_from_dict(document, client_configuration=configuration)
            tls = _tls(configuration)
        except (loader.ConfigException, OSError, ssl.SSLError, TypeError, ValueError) as exc:
            raise KubeconfigRefused(f"it cannot be used: {exc}") from exc
    token: str | None = chosen.user.get("tokenFile")
    return Access(configuration, tls=tls, token=Path(token) if token else None)


def _tls(configuration: Configuration) -> ssl.SSLContext | None:
    if not str(configuration.host).startswith("https:"):
        return None
    context = ssl.create_default_context(cafile=configuration.ssl_ca_cert)
    if configuration.cert_file:
        context.load_cert_chain(configuration.cert_file, keyfile=configuration.key_file)
    if not configuration.verify_ssl:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context
