"""Media over real HTTP: who gets it, for how long, and how it can go wrong."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import AsyncIterator

import httpx
import pytest

from acuse_lab.graph import inbound
from acuse_lab.graph.contract import MediaInfo, MediaModes, NumberModes, SendFault
from acuse_lab.graph.server import RunningGraph, running_graph
from support.graph_numbers import ACME, ANA, NUMBER_ID, OTHER, OTHER_ID, TOKEN, to_ana

PHOTO = bytes(range(256)) * 1000
DAY = 24 * 3600


@pytest.fixture
async def graph() -> AsyncIterator[RunningGraph]:
    async with running_graph() as graph:
        await graph.lab.register(ACME)
        await graph.lab.register(OTHER)
        yield graph


@pytest.fixture
async def meta(graph: RunningGraph) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(
        base_url=f"{graph.url}/v26.0", headers={"Authorization": f"Bearer {TOKEN}"}, timeout=60
    ) as client:
        yield client


@pytest.fixture
async def photo(graph: RunningGraph) -> MediaInfo:
    return await graph.lab.add_media(NUMBER_ID, PHOTO, mime_type="image/jpeg")


async def address_of(meta: httpx.AsyncClient, photo: MediaInfo) -> str:
    answer = await meta.get(f"/{photo.id}", params={"phone_number_id": NUMBER_ID})
    assert answer.status_code == 200
    return str(answer.json()["url"])


async def test_a_media_is_described_and_then_downloaded(
    meta: httpx.AsyncClient, photo: MediaInfo
) -> None:
    described = (await meta.get(f"/{photo.id}")).json()
    downloaded = await meta.get(described["url"])

    url = described.pop("url")
    assert described == {
        "messaging_product": "whatsapp",
        "mime_type": "image/jpeg",
        "sha256": hashlib.sha256(PHOTO).hexdigest(),
        "file_size": len(PHOTO),
        "id": photo.id,
    }
    assert f"mid={photo.id}" in url
    assert downloaded.content == PHOTO
    assert downloaded.headers["content-type"] == "image/jpeg"


@pytest.mark.parametrize(
    ("headers", "status", "code"),
    [
        ({"Authorization": "Bearer wrong"}, 401, 190),
        ({"Authorization": "Bearer EAAG-old"}, 401, 190),
        ({"Authorization": ""}, 401, 104),
        ({"Authorization": f"Bearer {OTHER.tokens[0]}"}, 400, 100),
    ],
    ids=["unknown token", "expired token", "no token", "another business's token"],
)
async def test_a_description_needs_the_numbers_token(
    meta: httpx.AsyncClient, photo: MediaInfo, headers: dict[str, str], status: int, code: int
) -> None:
    answer = await meta.get(f"/{photo.id}", headers=headers)

    assert answer.status_code == status
    error = answer.json()["error"]
    assert error["code"] == code
    assert {"message", "type", "fbtrace_id"} <= error.keys()


async def test_a_media_of_another_number_is_unknown(
    meta: httpx.AsyncClient, photo: MediaInfo
) -> None:
    answer = await meta.get(f"/{photo.id}", params={"phone_number_id": OTHER_ID})

    assert answer.json()["error"]["error_subcode"] == 33


async def test_a_download_needs_the_token(meta: httpx.AsyncClient, photo: MediaInfo) -> None:
    url = await address_of(meta, photo)

    for token, status in (("", 401), ("Bearer x", 401), (f"Bearer {OTHER.tokens[0]}", 404)):
        answer = await meta.get(url, headers={"Authorization": token})
        assert answer.status_code == status


async def test_an_address_lives_five_minutes_and_a_fresh_one_works(
    graph: RunningGraph, meta: httpx.AsyncClient, photo: MediaInfo
) -> None:
    url = await address_of(meta, photo)
    await graph.lab.advance(299)
    assert (await meta.get(url)).status_code == 200
    await graph.lab.advance(1)

    assert (await meta.get(url)).status_code == 404
    assert (await meta.get(await address_of(meta, photo))).content == PHOTO


async def test_a_received_media_lives_seven_days(
    graph: RunningGraph, meta: httpx.AsyncClient, photo: MediaInfo
) -> None:
    await graph.lab.advance(7 * DAY - 1)
    assert (await meta.get(f"/{photo.id}")).status_code == 200
    await graph.lab.advance(1)

    gone = await meta.get(f"/{photo.id}")
    assert (gone.status_code, gone.json()["error"]["error_subcode"]) == (400, 33)


@pytest.mark.parametrize(
    ("modes", "served"),
    [
        (MediaModes(chunk_delay=0.001, chunk_size=50_000), PHOTO),
        (MediaModes(corrupt=True), PHOTO[:-1] + bytes([PHOTO[-1] ^ 1])),
        (MediaModes(extra_bytes=10), PHOTO + bytes(10)),
        (MediaModes(extra_bytes=10, no_length=True), PHOTO + bytes(10)),
    ],
    ids=["slow", "corrupt", "oversize", "oversize without a length"],
)
async def test_a_media_can_come_wrong(
    graph: RunningGraph,
    meta: httpx.AsyncClient,
    photo: MediaInfo,
    modes: MediaModes,
    served: bytes,
) -> None:
    await graph.lab.set_media_modes(photo.id, modes)
    answer = await meta.get(await address_of(meta, photo))

    assert answer.content == served
    assert ("content-length" in answer.headers) is not modes.no_length


async def test_a_media_can_be_cut_short(
    graph: RunningGraph, meta: httpx.AsyncClient, photo: MediaInfo
) -> None:
    await graph.lab.set_media_modes(photo.id, MediaModes(cut_after=1000))
    url = await address_of(meta, photo)

    received: list[bytes] = []
    async with meta.stream("GET", url) as answer:
        with pytest.raises(httpx.RemoteProtocolError):
            received.extend([chunk async for chunk in answer.aiter_bytes()])

    assert answer.headers["content-length"] == str(len(PHOTO))
    assert len(b"".join(received)) < len(PHOTO)


async def test_a_media_can_be_announced_wrong(
    graph: RunningGraph, meta: httpx.AsyncClient, photo: MediaInfo
) -> None:
    modes = MediaModes(wrong_sha256=True, content_type="text/html")
    await graph.lab.set_media_modes(photo.id, modes)
    described = (await meta.get(f"/{photo.id}")).json()
    downloaded = await meta.get(described["url"])

    assert described["sha256"] != hashlib.sha256(downloaded.content).hexdigest()
    assert described["mime_type"] == "image/jpeg"
    assert downloaded.headers["content-type"] == "text/html"


async def test_the_first_addresses_can_be_expired_on_first_use(
    graph: RunningGraph, meta: httpx.AsyncClient, photo: MediaInfo
) -> None:
    await graph.lab.set_media_modes(photo.id, MediaModes(expired_addresses=1))
    first, second = [await address_of(meta, photo) for _ in "ab"]

    assert (await meta.get(first)).status_code == 404
    assert (await meta.get(second)).content == PHOTO


@pytest.mark.parametrize("where", ["address", "download"])
async def test_a_media_can_fail_a_few_times(
    graph: RunningGraph, meta: httpx.AsyncClient, photo: MediaInfo, where: str
) -> None:
    url = await address_of(meta, photo)
    modes = MediaModes(
        failures=2,
        failure_status=503,
        failures_on="address" if where == "address" else "download",
    )
    await graph.lab.set_media_modes(photo.id, modes)
    target = f"/{photo.id}" if where == "address" else url

    assert [(await meta.get(target)).status_code for _ in range(3)] == [503, 503, 200]


async def test_an_inbound_media_can_carry_its_address(
    graph: RunningGraph, photo: MediaInfo
) -> None:
    await graph.lab.set_modes(NUMBER_ID, NumberModes(media_urls=True))
    sent = await graph.lab.send(NUMBER_ID, ANA, inbound.image(photo))

    assert "whatsapp_business\\/attachments" in sent.bodies[0]
    assert base64.b64encode(hashlib.sha256(PHOTO).digest()).decode() in sent.bodies[0].replace(
        "\\/", "/"
    )


async def upload(
    meta: httpx.AsyncClient, content: bytes, mime_type: str, **form: str
) -> httpx.Response:
    return await meta.post(
        f"/{NUMBER_ID}/media",
        data={"messaging_product": "whatsapp"} | form,
        files={"file": ("reporte.pdf", content, mime_type)},
    )


async def test_an_uploaded_document_can_be_sent_for_thirty_days(
    graph: RunningGraph, meta: httpx.AsyncClient
) -> None:
    await graph.lab.set_modes(NUMBER_ID, NumberModes(window="off"))
    media_id = (await upload(meta, b"%PDF-1.7", "application/pdf")).json()["id"]
    body = to_ana("document", {"id": media_id, "filename": "reporte.pdf"})

    assert await graph.lab.media_content(media_id) == b"%PDF-1.7"
    await graph.lab.advance(30 * DAY - 1)
    assert (await meta.post(f"/{NUMBER_ID}/messages", json=body)).status_code == 200
    await graph.lab.advance(1)
    assert (await meta.post(f"/{NUMBER_ID}/messages", json=body)).status_code == 400


@pytest.mark.parametrize(
    ("content", "mime_type", "code"),
    [
        (b"PK", "application/zip", 100),
        (b"x" * (5 * 1024 * 1024 + 1), "image/jpeg", 131053),
        (b"", "application/pdf", 131053),
    ],
    ids=["type not taken", "image over 5 MB", "empty"],
)
async def test_an_upload_must_be_of_a_known_type_and_size(
    meta: httpx.AsyncClient, content: bytes, mime_type: str, code: int
) -> None:
    answer = await upload(meta, content, mime_type)

    assert (answer.status_code, answer.json()["error"]["code"]) == (400, code)


async def test_an_upload_needs_its_product_and_an_honest_type(meta: httpx.AsyncClient) -> None:
    for form in ({"messaging_product": "sms"}, {"type": "image/png"}):
        answer = await upload(meta, b"%PDF-1.7", "application/pdf", **form)
        assert answer.json()["error"]["code"] == 100


async def test_an_upload_can_fail_by_script(graph: RunningGraph, meta: httpx.AsyncClient) -> None:
    await graph.lab.script(NUMBER_ID, SendFault(how="error", on="upload", code=131016))

    answers = [await upload(meta, b"%PDF-1.7", "application/pdf") for _ in "ab"]
    assert [answer.status_code for answer in answers] == [503, 200]
