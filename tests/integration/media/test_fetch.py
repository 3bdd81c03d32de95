"""Fetching media from the fake Graph API over real HTTP, with everything that can go wrong."""

from __future__ import annotations

import base64
import dataclasses
import hashlib
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from acuse.errors import (
    AcuseError,
    GraphUnavailable,
    MediaChecksumMismatch,
    MediaGone,
    MediaHostRefused,
    MediaTooLarge,
    MediaTypeUnsupported,
)
from acuse.media.fetch import MediaFetcher, StoredMedia, WantedMedia
from acuse.media.hosts import AllowedHosts
from acuse.media.objects import Objects, media_key, open_objects
from acuse.meta.graph import GraphClient, open_http
from acuse.settings import GraphSettings, MediaSettings
from acuse_lab.graph.client import LabClient
from acuse_lab.graph.contract import MediaInfo, MediaModes
from acuse_lab.graph.server import running_graph
from support.graph_numbers import ACME, NUMBER_ID
from support.replies import NUMBER

CONTENT = bytes(range(256)) * 1024
TENANT = UUID(int=7)


@dataclass(slots=True)
class Bench:
    """A fetcher before a fake with one media."""

    lab: LabClient
    objects: Objects
    media: MediaInfo
    folder: Path
    graph: GraphClient
    http: httpx.AsyncClient
    url: str

    @property
    def fetcher(self) -> MediaFetcher:
        return self.fetcher_with(MediaSettings(media_stall_timeout=2, media_timeout=60))

    def fetcher_with(
        self, settings: MediaSettings, *, hosts: Sequence[str] | None = None
    ) -> MediaFetcher:
        allowed = AllowedHosts.parse([self.url] if hosts is None else hosts)
        return MediaFetcher(self.graph, self.http, self.objects, hosts=allowed, settings=settings)

    def wanted(self, **changes: Any) -> WantedMedia:
        raw = bytes.fromhex(self.media.sha256)
        usual = WantedMedia(
            id=uuid4(),
            tenant_id=TENANT,
            graph_media_id=self.media.id,
            kind="image",
            mime_type="image/jpeg",
            sha256=base64.b64encode(raw).decode(),
        )
        return dataclasses.replace(usual, **changes)

    async def calls(self) -> list[str]:
        return ["address" if "/v26.0/" in c.path else "file" for c in await self.lab.calls()]

    async def ending(self, modes: MediaModes) -> StoredMedia | type[AcuseError]:
        """Fetch a media that misbehaves, and check that a failure keeps nothing."""
        await self.lab.set_media_modes(self.media.id, modes)
        wanted = self.wanted()
        try:
            return await self.fetcher.fetch(NUMBER, wanted)
        except AcuseError as exc:
            assert await self.objects.size(media_key(TENANT, wanted.id)) is None
            assert [p for p in self.folder.rglob("*") if p.is_file()] == []
            return type(exc)


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Bench]:
    async with running_graph() as fake:
        await fake.lab.register(ACME)
        media = await fake.lab.add_media(NUMBER_ID, CONTENT, mime_type="image/jpeg")
        settings = GraphSettings(graph_url=fake.url, graph_timeout=10)
        async with open_http(settings) as http:
            objects = open_objects(f"file:{tmp_path}")
            graph = GraphClient(http, settings)
            yield Bench(fake.lab, objects, media, tmp_path, graph, http, fake.url)


async def test_a_media_is_stored_under_its_tenant_with_its_digest(bench: Bench) -> None:
    wanted = bench.wanted()

    stored = await bench.fetcher.fetch(NUMBER, wanted)

    assert stored == StoredMedia(
        object_key=f"tenants/{TENANT}/media/{wanted.id}",
        size=len(CONTENT),
        sha256=hashlib.sha256(CONTENT).hexdigest(),
        mime_type="image/jpeg",
    )
    assert (bench.folder / stored.object_key).read_bytes() == CONTENT


async def test_a_media_that_is_there_is_not_fetched_again(bench: Bench) -> None:
    wanted = bench.wanted()

    first = await bench.fetcher.fetch(NUMBER, wanted)
    again = await bench.fetcher.fetch(NUMBER, wanted)

    assert again == first
    assert await bench.calls() == ["address", "file"]


async def test_an_object_with_other_bytes_than_announced_is_fetched_anew(bench: Bench) -> None:
    wanted = bench.wanted()
    path = bench.folder / media_key(TENANT, wanted.id)
    path.parent.mkdir(parents=True)
    path.write_bytes(b"something else")

    await bench.fetcher.fetch(NUMBER, wanted)

    assert path.read_bytes() == CONTENT


@pytest.mark.parametrize("sha256", [None, "not a digest", hashlib.sha256(CONTENT).hexdigest()])
async def test_the_webhooks_digest_may_be_hex_or_missing(bench: Bench, sha256: str | None) -> None:
    stored = await bench.fetcher.fetch(NUMBER, bench.wanted(sha256=sha256))

    assert stored.sha256 == hashlib.sha256(CONTENT).hexdigest()


async def test_the_webhooks_own_digest_counts_too(bench: Bench) -> None:
    other = base64.b64encode(hashlib.sha256(b"other").digest()).decode()

    with pytest.raises(MediaChecksumMismatch):
        await bench.fetcher.fetch(NUMBER, bench.wanted(sha256=other))


async def test_an_address_that_expired_is_read_again(bench: Bench) -> None:
    ending = await bench.ending(MediaModes(expired_addresses=2))

    assert isinstance(ending, StoredMedia)
    assert await bench.calls() == ["address", "file"] * 3


async def test_addresses_that_keep_expiring_are_left_for_later(bench: Bench) -> None:
    assert await bench.ending(MediaModes(expired_addresses=9)) is GraphUnavailable
    assert await bench.calls() == ["address", "file"] * 3


@pytest.mark.parametrize(
    ("modes", "error"),
    [
        (MediaModes(cut_after=1000), GraphUnavailable),
        (MediaModes(cut_after=1000, no_length=True), GraphUnavailable),
        (MediaModes(corrupt=True), MediaChecksumMismatch),
        (MediaModes(wrong_sha256=True), MediaChecksumMismatch),
        (MediaModes(extra_bytes=1), MediaChecksumMismatch),
        (MediaModes(extra_bytes=6_000_000), MediaTooLarge),
        (MediaModes(extra_bytes=6_000_000, no_length=True), MediaTooLarge),
        (MediaModes(chunk_delay=5, chunk_size=1000), GraphUnavailable),
        (MediaModes(failures=1), GraphUnavailable),
        (MediaModes(failures=1, failure_status=429), GraphUnavailable),
        (MediaModes(failures=1, failures_on="address"), GraphUnavailable),
        (MediaModes(failures=1, failure_status=302), MediaHostRefused),
    ],
    ids=[
        "cut", "cut without length", "corrupt", "wrong digest", "one byte more", "too large",
        "too large without length", "stalled", "500", "429", "address 500", "redirect",
    ],
)  # fmt: skip
async def test_what_does_not_come_whole_is_not_kept(
    bench: Bench, modes: MediaModes, error: type[AcuseError]
) -> None:
    assert await bench.ending(modes) is error


async def test_slow_bytes_within_the_time_are_waited_for(bench: Bench) -> None:
    modes = MediaModes(chunk_delay=0.05, chunk_size=65536)

    assert isinstance(await bench.ending(modes), StoredMedia)


async def test_the_type_that_the_host_serves_is_not_believed(bench: Bench) -> None:
    ending = await bench.ending(MediaModes(content_type="text/html"))

    assert isinstance(ending, StoredMedia)
    assert ending.mime_type == "image/jpeg"


async def test_a_media_is_gone_after_seven_days(bench: Bench) -> None:
    await bench.lab.advance(7 * 24 * 3600)

    with pytest.raises(MediaGone):
        await bench.fetcher.fetch(NUMBER, bench.wanted())


async def test_a_size_over_the_limit_is_refused_before_the_download(bench: Bench) -> None:
    ours = bench.fetcher_with(MediaSettings(media_max_bytes=len(CONTENT) - 1))
    big = await bench.lab.add_media(NUMBER_ID, bytes(600_000), mime_type="image/webp")
    sticker = bench.wanted(kind="sticker", graph_media_id=big.id, sha256=None)

    for fetcher, wanted in ((ours, bench.wanted()), (bench.fetcher, sticker)):
        with pytest.raises(MediaTooLarge):
            await fetcher.fetch(NUMBER, wanted)

    assert await bench.calls() == ["address", "address"]


async def test_a_large_document_is_streamed_whole(bench: Bench) -> None:
    content = bytes(range(256)) * 4096 * 12
    media = await bench.lab.add_media(NUMBER_ID, content, mime_type="application/pdf")
    wanted = bench.wanted(kind="document", graph_media_id=media.id, sha256=media.sha256)

    stored = await bench.fetcher.fetch(NUMBER, wanted)

    assert (stored.size, stored.sha256) == (len(content), media.sha256)


async def test_a_message_without_media_asks_nobody(bench: Bench) -> None:
    with pytest.raises(MediaTypeUnsupported):
        await bench.fetcher.fetch(NUMBER, bench.wanted(kind="text"))

    assert await bench.calls() == []


async def test_the_whole_takes_no_longer_than_set(bench: Bench) -> None:
    await bench.lab.set_media_modes(
        bench.media.id, MediaModes(chunk_delay=0.2, chunk_size=1000, no_length=True)
    )
    hasty = bench.fetcher_with(MediaSettings(media_timeout=1))
    wanted = bench.wanted()

    with pytest.raises(GraphUnavailable):
        await hasty.fetch(NUMBER, wanted)

    assert await bench.objects.size(media_key(TENANT, wanted.id)) is None


async def test_a_host_that_is_not_allowed_never_sees_the_token(bench: Bench) -> None:
    metas = bench.fetcher_with(MediaSettings(), hosts=GraphSettings().media_hosts)

    with pytest.raises(MediaHostRefused):
        await metas.fetch(NUMBER, bench.wanted())

    assert await bench.calls() == ["address"]


async def test_an_expired_token_pauses_instead_of_giving_the_media_up(bench: Bench) -> None:
    expired = dataclasses.replace(NUMBER, access_token="EAAG-old")

    with pytest.raises(GraphUnavailable) as raised:
        await bench.fetcher.fetch(expired, bench.wanted())

    assert raised.value.pauses
    assert raised.value.graph_code == 190
