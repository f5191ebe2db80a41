"""Site of the manual, and its links."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]


def load_script() -> Any:
    """Load the script, which is not part of a package."""
    spec = importlib.util.spec_from_file_location("make_site", ROOT / "docs" / "make_site.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


site = load_script()


@pytest.mark.parametrize(
    ("page", "link", "adapted"),
    [
        ("docs/text.md", "[terms.md](terms.md#forms)", "[terms.md](terms.md#forms)"),
        ("docs/text.md", "[here](#forms)", "[here](#forms)"),
        ("docs/text.md", "[them](https://example.org/a.md)", "[them](https://example.org/a.md)"),
        ("docs/text.md", "[add one](../CONTRIBUTING.md#add-a-source)", "[add one](CONTRIBUTING.md#add-a-source)"),
        ("docs/text.md", "[why](adr/0007-no-stemming.md)", "[why](adr/0007-no-stemming.md)"),
        ("docs/adr/index.md", "[terms](../terms.md#forms)", "[terms](../terms.md#forms)"),
        ("docs/adr/index.md", "[rules](../../CONTRIBUTING.md)", "[rules](../CONTRIBUTING.md)"),
        ("docs/text.md", "[speed](../bench/README.md)", "speed"),
        ("CONTRIBUTING.md", "[docs/text.md](docs/text.md)", "[text.md](text.md)"),
        ("CONTRIBUTING.md", "[the licence](LICENSE)", "the licence"),
        ("docs/text.md", "[lost](lost.md)", "[lost](lost.md)"),
    ],
)
def test_links_lead_to_the_pages_of_the_site(page: str, link: str, adapted: str) -> None:
    assert site.adapt_links(f"See {link}.", ROOT / page) == f"See {adapted}."


def test_build_fails_where_the_navigation_and_the_pages_differ(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(site, "navigation", lambda: {"lost.md", *site.site_pages()})
    assert site.main(str(tmp_path)) == 1
    assert "lost.md" in capsys.readouterr().out


def test_every_page_is_in_the_navigation() -> None:
    assert site.navigation() == set(site.site_pages())


def test_the_site_loads_nothing_from_other_hosts() -> None:
    assert "\nfont = false" in (ROOT / "zensical.toml").read_text(encoding="utf-8")
