"""Who may be asked for a media, and so may see a token."""

from __future__ import annotations

import pytest

from acuse.errors import InvalidSettings, MediaHostRefused
from acuse.media.hosts import AllowedHosts
from acuse.settings import GraphSettings

META = AllowedHosts.parse(GraphSettings().media_hosts)
LAB = AllowedHosts.parse(["*.fbcdn.net", "media.example.com", "http://127.0.0.1:8080"])


@pytest.mark.parametrize(
    "address",
    [
        "https://lookaside.fbsbx.com/whatsapp_business/attachments/?mid=1&hash=x",
        "https://scontent.xx.fbcdn.net/v/t1?oh=1",
        "https://SCONTENT.XX.FBCDN.NET/v",
        "https://lookaside.fbsbx.com:443/x",
    ],
)
def test_metas_media_hosts_are_allowed(address: str) -> None:
    assert META.check(address).scheme == "https"


@pytest.mark.parametrize(
    "address",
    [
        "http://lookaside.fbsbx.com/x",
        "https://fbsbx.com/x",
        "https://evilfbsbx.com/x",
        "https://lookaside.fbsbx.com.evil.example/x",
        "https://lookaside.fbsbx.com./x",
        "https://a..fbsbx.com/x",
        "https://.fbsbx.com/x",
        "https://lookaside.fbsbx.com:8443/x",
        "https://user@lookaside.fbsbx.com/x",
        "https://lookaside.fbsbx.com@evil.example/x",
        "https://evil.example\\@lookaside.fbsbx.com/x",
        "https://evil.example#lookaside.fbsbx.com",
        "https://evil.example/?lookaside.fbsbx.com",
        "https://lookaside.fbsbx.com%2eevil.example/x",
        "https://ⓕbsbx.com/x",
        "https://lookaside.ﬀbsbx.com/x",
        f"https://{'a' * 64}.fbsbx.com/x",
        "https://127.0.0.1/x",
        "https://[::1]/x",
        "https://127.1/x",
        "https://2130706433/x",
        "https://0x7f000001/x",
        "https://169.254.169.254/latest/meta-data",
        "https://localhost/x",
        "https://graph.facebook.com/x",
        "https:/lookaside.fbsbx.com/x",
        "//lookaside.fbsbx.com/x",
        "ftp://lookaside.fbsbx.com/x",
        "file:///etc/passwd",
        "lookaside.fbsbx.com",
        "https://",
        "https://look aside.fbsbx.com",
        "",
    ],
)
def test_every_other_address_is_refused_without_naming_it(address: str) -> None:
    with pytest.raises(MediaHostRefused) as raised:
        META.check(address)

    assert address == "" or address not in str(raised.value)


def test_an_origin_is_allowed_exactly_as_it_was_written() -> None:
    assert LAB.check("http://127.0.0.1:8080/any?x=1").port == 8080
    for address in (
        "http://127.0.0.1:8081/",
        "https://127.0.0.1:8080/",
        "http://127.0.0.2:8080/",
        "http://localhost:8080/",
        "http://u:p@127.0.0.1:8080/",
    ):
        with pytest.raises(MediaHostRefused):
            LAB.check(address)


def test_a_name_without_a_star_is_that_host_alone() -> None:
    assert LAB.check("https://media.example.com/x").host == "media.example.com"
    for address in ("https://a.media.example.com/", "https://example.com/"):
        with pytest.raises(MediaHostRefused):
            LAB.check(address)


@pytest.mark.parametrize(
    "entry",
    ["", "*", "*.", "*.com.", "127.0.0.1", "10.1", "com", "a b.com", "https://", "ftp://a.com",
     "http://a.com/path", "http://u@a.com", "http://a.com?x", "*.*.com"],
)  # fmt: skip
def test_a_setting_that_would_allow_something_unclear_is_refused(entry: str) -> None:
    with pytest.raises(InvalidSettings):
        AllowedHosts.parse([entry])
