"""What is text goes out compressed, on the worst line too; pictures are compressed already."""

import gzip

import pytest

from tests.client import PageClient


@pytest.mark.parametrize("address", ["/aide", "/droits"])
def test_a_page_goes_out_compressed_to_whoever_can_read_it_so(client: PageClient, address: str) -> None:
    client.check_pages = False
    plain = client.get(address)
    compressed = client.get(address, headers={"Accept-Encoding": "gzip"})
    assert "Content-Encoding" not in plain.headers
    assert compressed.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(compressed.data) == plain.data
    assert len(compressed.data) < len(plain.data) / 2


def test_a_style_sheet_goes_out_compressed_and_a_picture_as_it_is(client: PageClient) -> None:
    asked = {"Accept-Encoding": "br"}
    assert client.get("/static/css/base.css", headers=asked).headers["Content-Encoding"] == "br"
    assert "Content-Encoding" not in client.get("/static/img/apercu.png", headers=asked).headers
