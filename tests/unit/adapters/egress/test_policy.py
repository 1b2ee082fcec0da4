"""Where requests of apps may go. Nothing here asks the network: addresses are given."""

from ipaddress import ip_address, ip_network

import pytest

from loomwork.adapters.egress import EgressPolicy
from loomwork.adapters.egress.addresses import is_public
from loomwork.nodes.ports import EgressRefused

PRIVATE = [
    "0.0.0.0",
    "10.0.0.1",
    "100.64.0.1",
    "127.0.0.1",
    "127.1.2.3",
    "169.254.1.1",
    "172.16.0.1",
    "192.0.0.8",
    "192.0.2.1",
    "192.88.99.1",
    "192.168.1.1",
    "198.18.0.1",
    "198.51.100.1",
    "203.0.113.1",
    "224.0.0.1",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::127.0.0.1",
    "::8.8.8.8",
    "::ffff:127.0.0.1",
    "::ffff:10.0.0.1",
    "::ffff:0:8.8.8.8",
    "64:ff9b::7f00:1",
    "64:ff9b::a00:1",
    "64:ff9b:1::1",
    "64:ff9b:1::808:808",
    "100::1",
    "2001::1",
    "2001:0:7f00:1::f5ff:fffe",
    "2001:db8::1",
    "2002:7f00:1::",
    "2002:a00:1::1",
    "2607:f8b0::5efe:10.0.0.1",
    "2607:f8b0::200:5efe:7f00:1",
    "3fff::1",
    "5f00::1",
    "fc00::1",
    "fd12:3456::1",
    "fe80::1",
    "fec0::1",
    "ff02::1",
]
METADATA = [
    "169.254.169.254",
    "169.254.170.2",
    "100.100.100.200",
    "168.63.129.16",
    "192.0.0.192",
    "fd00:ec2::254",
    "::ffff:169.254.169.254",
    "64:ff9b::a9fe:a9fe",
    "2002:a9fe:a9fe::1",
]
PUBLIC = ["8.8.8.8", "1.1.1.1", "2607:f8b0:4005:80a::200e", "::ffff:8.8.8.8", "64:ff9b::808:808", "2002:808:808::1"]


def url_of(address: str) -> str:
    return f"http://[{address}]/" if ":" in address else f"http://{address}/"


@pytest.mark.parametrize("address", [*PRIVATE, *METADATA])
def test_an_address_that_is_not_public_is_refused_as_a_host(address: str) -> None:
    with pytest.raises(EgressRefused):
        EgressPolicy().target(url_of(address))


@pytest.mark.parametrize("address", [*PRIVATE, *METADATA])
def test_one_address_that_is_not_public_spoils_a_name(address: str) -> None:
    with pytest.raises(EgressRefused, match=r"example\.org"):
        EgressPolicy().check_lookup("example.org", 443, ["8.8.8.8", address])


@pytest.mark.parametrize("address", PUBLIC)
def test_public_addresses_are_let_through(address: str) -> None:
    assert is_public(ip_address(address))
    EgressPolicy().target(url_of(address))
    EgressPolicy().check_lookup("example.org", 443, [address])


@pytest.mark.parametrize(
    "host",
    [
        "127.1",
        "2130706433",
        "0x7f000001",
        "0x7f.0.0.1",
        "0177.0.0.1",
        "0",
        "127.0.0.1.",
        "１２７.0.0.1",
        "①27.0.0.1",
        "127。0。0。1",
        "8。8。8。8",
        "8.8.8.08",
        "010.8.8.8",
        "134744072",
        "1.2.3.4.5",
        "example.0x1",
        "%31%32%37.0.0.1",
        "ex%61mple.org",
        "[::1%25lo]",
        "[fe80::1%eth0]",
        "[v1.a]",
        "[example.org]",
        "[::1",
        "a b",
        "a..b",
        ".",
        "",
        "a\\b",
        "exa\u2028mple.org",
    ],
)
@pytest.mark.parametrize("port", ["", ":80"])
def test_odd_spellings_of_a_host_are_refused(host: str, port: str) -> None:
    with pytest.raises(EgressRefused):
        EgressPolicy().target(f"http://{host}{port}/")


@pytest.mark.parametrize(
    "url",
    [
        "",
        "example.org",
        "//example.org",
        "/path",
        "ftp://example.org/",
        "file:///etc/passwd",
        "gopher://example.org/",
        "data:text/plain,hi",
        "http:example.org",
        "http:/example.org",
        "http:\\\\example.org",
        "http://user@example.org/",
        "http://user:pass@example.org/",
        "http://@example.org/",
        "http://example.org\\@127.0.0.1/",
        "http://127.0.0.1\\@example.org/",
        "http://example.org:99999/",
        "http://example.org:0/",
        "http://example.org:port/",
        "http://example.org/\r\nHost: x",
        "http://example.org/\x00",
        "http://exam\tple.org/",
        f"http://example.org/{'a' * 20_000}",
    ],
)
def test_what_is_no_plain_web_address_is_refused_in_a_sentence(url: str) -> None:
    with pytest.raises(EgressRefused, match=r"\.$") as refused:
        EgressPolicy().target(url)
    assert refused.value.code == "egress_refused"


@pytest.mark.parametrize("url", ["http://example.org:22/", "https://example.org:8443/", "http://8.8.8.8:6379/"])
def test_other_ports_than_those_of_the_web_are_refused(url: str) -> None:
    with pytest.raises(EgressRefused, match="80 and 443"):
        EgressPolicy().target(url)


@pytest.mark.parametrize(
    ("url", "host", "port"),
    [
        ("http://Example.org", "example.org", 80),
        ("HTTPS://example.org:443/a?b=c d#e", "example.org", 443),
        ("  https://bücher.example/ ", "xn--bcher-kva.example", 443),
        ("https://example.org:80/", "example.org", 80),
        ("http://example.org./", "example.org", 80),
        ("http://1.2.3.4.example/", "1.2.3.4.example", 80),
        ("http://my_host-1.example/", "my_host-1.example", 80),
    ],
)
def test_a_plain_web_address_is_read_once(url: str, host: str, port: int) -> None:
    target = EgressPolicy().target(url)
    assert (target.host, target.port, target.url.fragment) == (host, port, "")


ALLOWING = EgressPolicy(allow=frozenset({"CRM.internal:8080", "127.0.0.1:9000", "[::1]:9000", "169.254.169.254:80"}))


@pytest.mark.parametrize("url", ["http://crm.internal:8080/", "http://127.0.0.1:9000/", "http://[::1]:9000/x"])
def test_a_host_that_is_allowed_may_be_asked(url: str) -> None:
    target = ALLOWING.target(url)
    assert target.allowed
    ALLOWING.check_lookup("crm.internal", 8080, ["10.0.0.5"])
    ALLOWING.check_address(target, "10.0.0.5")


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:9001/", "http://127.0.0.1/", "http://127.1:9000/", "http://crm.internal:22/"]
)
def test_what_is_allowed_is_one_port_of_one_host(url: str) -> None:
    with pytest.raises(EgressRefused):
        ALLOWING.target(url)


def test_no_cloud_hands_out_its_credentials_even_where_a_host_is_allowed() -> None:
    with pytest.raises(EgressRefused, match="metadata"):
        ALLOWING.target("http://169.254.169.254/")
    with pytest.raises(EgressRefused, match="metadata"):
        ALLOWING.check_lookup("crm.internal", 8080, ["169.254.169.254"])


def test_networks_of_our_own_can_be_denied() -> None:
    policy = EgressPolicy(deny=[ip_network("8.8.8.0/24"), ip_network("2607:f8b0::/32")])
    for address in ("8.8.8.8", "2607:f8b0::1"):
        with pytest.raises(EgressRefused):
            policy.check_lookup("example.org", 443, [address])
    policy.check_lookup("example.org", 443, ["8.8.4.4"])


def test_a_refusal_tells_nothing_of_the_path_and_the_query() -> None:
    with pytest.raises(EgressRefused) as refused:
        EgressPolicy().target("http://127.0.0.1/hunter2?key=hunter2")
    assert "hunter2" not in refused.value.message
