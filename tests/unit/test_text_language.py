from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from monitor.text.language import language_of
from tests.real_texts import five_months, full_texts, pages, two_days_of_2009

if TYPE_CHECKING:
    from pathlib import Path

WELSH = (
    "Mae'r Adran Sampl wedi rhoi arian i bob ysgol yn y sir, ac mae'r gwaith wedi dechrau.",
    "Pa gamau y bydd y Gweinidog yn eu cymryd i wella'r bysiau rhwng Aberenghraifft a'r pentrefi?",
    "Nid oes gennym ffigurau ar gyfer y cyfnod hwn. Byddwn yn cyhoeddi'r rhain cyn yr haf.",
    "A fydd y Llywodraeth yn cyhoeddi'r adroddiad, ac os felly, pryd?",
    "Cafodd y cynllun ei adolygu gan y bwrdd cyn iddo gael ei gyhoeddi.",
)
GAELIC = (
    "Tha an Roinn air airgead a thoirt do gach sgoil anns an sgìre, agus thòisich an obair as t-earrach.",
    "Dè na ceumannan a tha am Ministear a' gabhail gus na busaichean eadar na bailtean a leasachadh?",
    "Chan eil figearan againn airson na h-ùine seo. Bidh sinn gam foillseachadh ron t-samhradh.",
    "Chaidh am plana ath-sgrùdadh leis a' bhòrd, agus bha e ri fhaicinn aig an oifis bho mhìos a' Chèitein.",
    "Tha sinn ag obair cuideachd còmhla ris a' chomhairle gus am bi barrachd thaighean ann airson dhaoine òga.",
)
NEITHER = (
    "",
    "12,345",
    "Senedd Cymru and Llywodraeth Cymru work with Cyngor Gwynedd and Plaid Cymru members.",
    "Bòrd na Gàidhlig, Comhairle nan Eilean Siar and Sabhal Mòr Ostaig receive grants, as does An Comunn Gàidhealach.",
    "The Secretary of State met Cyfoeth Naturiol Cymru, Undeb Amaethwyr Cymru and Cymdeithas yr Iaith in Bala.",
    "Parc Cenedlaethol Eryri; Llanfair-yn-y-Cwmwd; Betws-y-Coed; Dinas Mawddwy",
    "THE EU, NI AND OS ARE NAMED IN CAPITALS: EU, NI, OS, YN, YR.",
    "The phrase “mae hen wlad fy nhadau” begins the anthem of Wales, which is sung before each match in the stadium.",
    "Tá an Roinn ag obair leis an gcomhairle agus beidh an tuarascáil ar fáil roimh an samhradh.",  # Irish
    "Le ministre a dit que les chiffres ne sont pas encore disponibles pour la région.",  # French
)


@pytest.mark.parametrize("paragraph", WELSH)
def test_welsh_is_told_by_its_common_words(paragraph: str) -> None:
    assert language_of(paragraph) == "cy"


@pytest.mark.parametrize("paragraph", GAELIC)
def test_gaelic_is_told_by_its_common_words(paragraph: str) -> None:
    assert language_of(paragraph) == "gd"


@pytest.mark.parametrize("paragraph", NEITHER)
def test_names_in_english_and_other_languages_are_neither(paragraph: str) -> None:
    assert language_of(paragraph) == ""


def test_a_paragraph_that_is_english_for_its_greater_part_stays_english() -> None:
    sentence = "The Department has asked the Sample Agency to report on the state of each bus shelter by the summer. "
    assert language_of(sentence * 3 + WELSH[2]) == ""


def test_no_paragraph_of_the_recorded_texts_is_taken_for_another_language(shared_data: Path) -> None:
    records = (*full_texts(shared_data, 5), *five_months(shared_data), *two_days_of_2009(shared_data, 3))
    texts = [*(text for record in records for text in record.parts.values()), *pages(shared_data)]
    paragraphs = {paragraph for text in texts for paragraph in re.split(r"\n\s*\n", text)}
    assert len(paragraphs) > 30_000
    assert [paragraph for paragraph in paragraphs if language_of(paragraph)] == []
