"""Lines of answering bodies: what each department since 1988 came from and became, written down without the program."""

from __future__ import annotations

from datetime import date
from typing import Final

import pytest

from monitor.model.records import House
from monitor.parliament.body_lines import lineage_of
from monitor.parliament.body_lists import shipped_bodies

BODIES: Final = {
    # Health and social security. 25 July 1988: the DHSS was split.
    "DHSS": ("Department of Health and Social Security", "1968"),
    "DH": ("Department of Health", "1988"),
    "DHSC": ("Department of Health and Social Care", "2018"),
    "DSS": ("Department of Social Security", "1988"),
    "DWP": ("Department for Work and Pensions", "2001"),
    # Education and employment. 5 July 1995: merged; 8 June 2001: employment went to the DWP.
    "DES": ("Department of Education and Science", "1964"),
    "DFE92": ("Department for Education", "1992"),
    "DE": ("Department of Employment", "1970"),
    "DfEE": ("Department for Education and Employment", "1995"),
    "DfES": ("Department for Education and Skills", "2001"),
    "DCSF": ("Department for Children, Schools and Families", "2007"),
    "DIUS": ("Department for Innovation, Universities and Skills", "2007"),
    "DfE10": ("Department for Education", "2010"),
    # Business and energy. April 1992: Energy went to the DTI; 2007: split; 2009 and 2016: merged; 7 February 2023: split.
    "Energy": ("Department of Energy", "1974"),
    "DTI": ("Department of Trade and Industry", "1983"),
    "DPEI": ("Department for Productivity, Energy and Industry", "2005"),
    "BERR": ("Department for Business, Enterprise and Regulatory Reform", "2007"),
    "BIS": ("Department for Business, Innovation and Skills", "2009"),
    "DECC": ("Department for Energy and Climate Change", "2008"),
    "BEIS": ("Department for Business, Energy and Industrial Strategy", "2016"),
    "DIT": ("Department for International Trade", "2016"),
    "DBT": ("Department for Business and Trade", "2023"),
    "DESNZ": ("Department for Energy Security and Net Zero", "2023"),
    "DSIT": ("Department for Science, Innovation and Technology", "2023"),
    # Culture.
    "DNH": ("Department of National Heritage", "1992"),
    "DCMS97": ("Department for Culture, Media and Sport", "1997"),
    "DDCMS": ("Department for Digital, Culture, Media and Sport", "2017"),
    "DCMS23": ("Department for Culture, Media and Sport", "2023"),
    # Environment, transport, local government. June 1997: merged; 2001 and 2002: split.
    "MAFF": ("Ministry of Agriculture, Fisheries and Food", "1955"),
    "DEFRA": ("Department for Environment, Food and Rural Affairs", "2001"),
    "DoE": ("Department of the Environment", "1970"),
    "DoT": ("Department of Transport", "1981"),
    "DETR": ("Department of the Environment, Transport and the Regions", "1997"),
    "DTLR": ("Department for Transport, Local Government and the Regions", "2001"),
    "DfT": ("Department for Transport", "2002"),
    "ODPM": ("Office of the Deputy Prime Minister", "2002"),
    "DCLG": ("Department for Communities and Local Government", "2006"),
    "MHCLG18": ("Ministry of Housing, Communities and Local Government", "2018"),
    "DLUHC": ("Department for Levelling Up, Housing and Communities", "2021"),
    "MHCLG24": ("Ministry of Housing, Communities and Local Government", "2024"),
    # Law.
    "LCD": ("Lord Chancellor's Department", "1885"),
    "DCA": ("Department for Constitutional Affairs", "2003"),
    "MoJ": ("Ministry of Justice", "2007"),
    "LOD": ("Law Officers' Department", ""),
    "AGO": ("Attorney General's Office", ""),
    # Foreign affairs and aid.
    "FCO": ("Foreign and Commonwealth Office", "1968"),
    "ODA": ("Overseas Development Administration", "1970"),
    "DFID": ("Department for International Development", "1997"),
    "FCDO": ("Foreign, Commonwealth and Development Office", "2020"),
    # Offices for parts of the country. 1 July 1999: devolution.
    "SO": ("Scottish Office", ""),
    "Scotland": ("Scotland Office", "1999"),
    "OSSS": ("Office of the Secretary of State for Scotland", "1999"),
    "WO": ("Welsh Office", "1965"),
    "Wales": ("Wales Office", "1999"),
    "OSSW": ("Office of the Secretary of State for Wales", "1999"),
    "NIO": ("Northern Ireland Office", "1972"),
    # The centre. The work of DExEU went to the Cabinet Office.
    "CO": ("Cabinet Office", "1916"),
    "OPS": ("Office of Public Service", "1995"),
    "DExEU": ("Department for Exiting the European Union", "2016"),
    "HO": ("Home Office", "1782"),
    "MOD": ("Ministry of Defence", "1964"),
    "HMT": ("HM Treasury", ""),
    "GEO": ("Government Equalities Office", "2007"),
    "WEU": ("Women and Equalities Unit", "2024"),
    # Northern Ireland. 9 May 2016: twelve departments became nine.
    "OFMDFM": ("Office of the First Minister and deputy First Minister", "1999"),
    "TEO": ("The Executive Office", "2016"),
    "DARD": ("Department of Agriculture and Rural Development", "1999"),
    "DCAL": ("Department of Culture, Arts and Leisure", "1999"),
    "DE-NI": ("Department of Education", "1999"),
    "DHFETE": ("Department of Higher and Further Education, Training and Employment", "1999"),
    "DEL": ("Department for Employment and Learning", "2001"),
    "DETI": ("Department of Enterprise, Trade and Investment", "1999"),
    "DOE-NI": ("Department of the Environment", "1999"),
    "DFP": ("Department of Finance and Personnel", "1999"),
    "DHSSPS": ("Department of Health, Social Services and Public Safety", "1999"),
    "DoJ-NI": ("Department of Justice", "2010"),
    "DRD": ("Department for Regional Development", "1999"),
    "DSD": ("Department for Social Development", "1999"),
    "DAERA": ("Department of Agriculture, Environment and Rural Affairs", "2016"),
    "DfC": ("Department for Communities", "2016"),
    "DfE-NI": ("Department for the Economy", "2016"),
    "DoF": ("Department of Finance", "2016"),
    "DoH": ("Department of Health", "2016"),
    "DfI": ("Department for Infrastructure", "2016"),
}
"""Name and first year of each body, by a short name of this table."""

SCHOOLS: Final = "DES DE DFE92 DfEE"
"""Origins of the education departments since 2001, and of the DWP, to which employment went."""

TRADE: Final = f"Energy DPEI DTI {SCHOOLS} DfES DIUS BERR BIS DECC BEIS"
"""Origins of the departments of 2023 for business, energy and science: universities came by way of the DIUS."""

AFTER_BIS: Final = "BEIS DBT DESNZ DSIT"
REGIONS: Final = "DoE DoT DETR"
HOUSING: Final = "DCLG MHCLG18 DLUHC MHCLG24"

LINES: Final = {
    "Department of Health and Social Security": "DHSS DH DHSC DSS DWP",
    "Department of Health and Social Care": "DHSS DH DHSC",
    "DHSC": "DHSS DH DHSC",
    # Both Westminster and Belfast had one of exactly this name.
    "Department of Health": "DHSS DH DHSC DHSSPS DoH",
    "Health": "DHSS DH DHSC DHSSPS DoH",
    "Department of Social Security": "DHSS DSS DWP",
    "Department for Work and Pensions": f"DHSS DSS {SCHOOLS} DWP",
    # Today's, not that of 1992, whose work went to many. Belfast's is the Department of Education.
    "Department for Education": f"{SCHOOLS} DfES DCSF DfE10",
    "DfE": f"{SCHOOLS} DfES DCSF DfE10",
    "Education": f"{SCHOOLS} DfES DCSF DfE10 DE-NI",
    "Department of Education": f"{SCHOOLS} DfES DCSF DfE10 DE-NI",
    "Department of Education and Science": f"DES DFE92 DfEE DWP DfES DCSF DfE10 DIUS BIS {AFTER_BIS}",
    "DES": f"DES DFE92 DfEE DWP DfES DCSF DfE10 DIUS BIS {AFTER_BIS}",
    "Department of Employment": f"DE DfEE DWP DfES DCSF DfE10 DIUS BIS {AFTER_BIS}",
    "Department for Education and Employment": f"{SCHOOLS} DWP DfES DCSF DfE10 DIUS BIS {AFTER_BIS}",
    "Department for Education and Skills": f"{SCHOOLS} DfES DCSF DfE10 DIUS BIS {AFTER_BIS}",
    "Department for Children, Schools and Families": f"{SCHOOLS} DfES DCSF DfE10",
    "Department for Innovation, Universities and Skills": f"{SCHOOLS} DfES Energy DPEI DTI DIUS BIS {AFTER_BIS}",
    "Department of Energy": f"Energy DTI BERR DIUS BIS {AFTER_BIS}",
    "Department of Trade and Industry": f"Energy DPEI DTI BERR DIUS BIS {AFTER_BIS}",
    "Department for Productivity, Energy and Industry": f"DPEI DTI BERR DIUS BIS {AFTER_BIS}",
    "Department for Business, Enterprise and Regulatory Reform": f"Energy DPEI DTI BERR BIS {AFTER_BIS}",
    "Department for Business, Innovation and Skills": f"Energy DPEI DTI {SCHOOLS} DfES DIUS BERR BIS {AFTER_BIS}",
    # Parts of BERR and of Defra went to it, and these went on.
    "Department for Energy and Climate Change": f"DECC {AFTER_BIS}",
    "Department for Business, Energy and Industrial Strategy": f"{TRADE} DBT DESNZ DSIT",
    "Department for International Trade": "DIT DBT",
    "Department for Business and Trade": f"{TRADE} DIT DBT",
    "Department for Energy Security and Net Zero": f"{TRADE} DESNZ",
    "DESNZ": f"{TRADE} DESNZ",
    "Department for Science, Innovation and Technology": f"{TRADE} DNH DCMS97 DDCMS DSIT",
    "Department of National Heritage": "DNH DCMS97 DDCMS DCMS23 DSIT",
    # The name of this department, though the next one's answers were printed under it for some days.
    "National Heritage": "DNH DCMS97 DDCMS DCMS23 DSIT",
    # Today's, which is no part of what became the DSIT.
    "Department for Culture, Media and Sport": "DNH DCMS97 DDCMS DCMS23",
    "Culture, Media and Sport": "DNH DCMS97 DDCMS DCMS23",
    "DCMS": "DNH DCMS97 DDCMS DCMS23",
    "Department for Digital, Culture, Media and Sport": "DNH DCMS97 DDCMS DCMS23 DSIT",
    "Ministry of Agriculture, Fisheries and Food": "MAFF DEFRA",
    "Department for Environment, Food and Rural Affairs": f"MAFF {REGIONS} DEFRA",
    "Defra": f"MAFF {REGIONS} DEFRA",
    "Department of the Environment": f"DoE DETR DTLR DEFRA DfT ODPM {HOUSING} DOE-NI DAERA DfI",
    # Today's, which "of" in place of "for" is taken for: neither Defra nor housing.
    "Department for Transport": f"{REGIONS} DTLR DfT",
    "Department of Transport": f"{REGIONS} DTLR DfT",
    "Transport": f"{REGIONS} DTLR DfT",
    "Department of the Environment, Transport and the Regions": f"{REGIONS} DEFRA DTLR DfT ODPM {HOUSING}",
    "Department for Transport, Local Government and the Regions": f"{REGIONS} DTLR DfT ODPM {HOUSING}",
    "Office of the Deputy Prime Minister": f"{REGIONS} DTLR ODPM {HOUSING}",
    "Department for Communities and Local Government": f"{REGIONS} DTLR ODPM {HOUSING}",
    "Ministry of Housing, Communities and Local Government": f"{REGIONS} DTLR ODPM {HOUSING}",
    "MHCLG": f"{REGIONS} DTLR ODPM {HOUSING}",
    "Department for Levelling Up, Housing and Communities": f"{REGIONS} DTLR ODPM {HOUSING}",
    "Lord Chancellor's Department": "LCD DCA MoJ",
    "Department for Constitutional Affairs": "LCD DCA MoJ",
    # Parts of the Home Office went to it, which went on.
    "Ministry of Justice": "LCD DCA MoJ",
    "Law Officers' Department": "LOD AGO",
    "Attorney General's Office": "LOD AGO",
    "Foreign and Commonwealth Office": "FCO FCDO",
    "Overseas Development Administration": "ODA DFID FCDO",
    "Department for International Development": "ODA DFID FCDO",
    "Foreign, Commonwealth and Development Office": "FCO ODA DFID FCDO",
    "Scottish Office": "SO Scotland",
    "Scotland Office": "SO OSSS Scotland",
    "Scotland": "SO OSSS Scotland",
    "Office of the Secretary of State for Scotland": "OSSS Scotland",
    "Welsh Office": "WO Wales",
    "Wales Office": "WO OSSW Wales",
    "Wales": "WO OSSW Wales",
    "Office of the Secretary of State for Wales": "OSSW Wales",
    "Northern Ireland Office": "NIO",
    "Cabinet Office": "CO OPS DExEU",
    "Office of Public Service": "OPS CO",
    "Department for Exiting the European Union": "DExEU CO",
    "Home Office": "HO",
    "Home Department": "HO",
    "Ministry of Defence": "MOD",
    "HM Treasury": "HMT",
    "Treasury": "HMT",
    "Government Equalities Office": "GEO WEU",
    "Women and Equalities": "GEO WEU",
    "Women and Equalities Unit": "GEO WEU",
    "Office of the First Minister and deputy First Minister": "OFMDFM TEO",
    "The Executive Office": "OFMDFM TEO",
    "Department of Agriculture and Rural Development": "DARD DAERA",
    "Department of Culture, Arts and Leisure": "DCAL DfC",
    "Department of Higher and Further Education, Training and Employment": "DHFETE DEL DfE-NI",
    "Department for Employment and Learning": "DHFETE DEL DfE-NI",
    "Department of Enterprise, Trade and Investment": "DETI DfE-NI",
    "Department of Finance and Personnel": "DFP DoF",
    "Department of Health, Social Services and Public Safety": "DHSSPS DoH",
    "Department of Justice": "DoJ-NI",
    "Department for Regional Development": "DRD DfI",
    "Department for Social Development": "DSD DfC",
    "Department of Agriculture, Environment and Rural Affairs": "DARD DOE-NI DAERA",
    "Department for Communities": "DSD DCAL DfC",
    "Department for the Economy": "DETI DHFETE DEL DfE-NI",
    "Department of Finance": "DFP DoF",
    "Department for Infrastructure": "DRD DOE-NI DfI",
}  # fmt: skip
"""All that a name stands for: what it came from and became, and no other part of a department that was split."""

WITHOUT_A_LINE: Final = {
    "Office of the Advocate General for Scotland", "Privy Council Office", "Prime Minister's Office",
    "Office of the Prime Minister", "Deputy Prime Minister's Office", "Office of the Leader of the House of Commons",
    "Office of the Leader of the House of Lords",
}  # fmt: skip


def line_of(words: str, day: date | None = None) -> set[tuple[str, str]]:
    return {(body.name, body.began[:4]) for body in lineage_of(words, day).bodies}


@pytest.mark.parametrize(("words", "expected"), LINES.items())
def test_a_name_stands_for_what_it_came_from_and_became(words: str, expected: str) -> None:
    assert line_of(words) == {BODIES[short] for short in expected.split()}


def test_every_answering_body_is_in_the_table() -> None:
    names = {body.name for body in shipped_bodies().all if body.is_answering}
    assert names == {name for name, _ in BODIES.values()} | WITHOUT_A_LINE
    assert names - set(LINES) == WITHOUT_A_LINE
    assert all(line_of(name) == {(name, line_of(name).pop()[1])} for name in WITHOUT_A_LINE)


@pytest.mark.parametrize(
    ("words", "day", "expected"),
    [
        ("Department for Education", date(1994, 12, 31), f"DES DFE92 DfEE DWP DfES DCSF DfE10 DIUS BIS {AFTER_BIS}"),
        ("Department for Education", date(2009, 12, 31), f"{SCHOOLS} DfES DCSF DfE10"),
        ("Transport", date(1995, 12, 31), f"DoT DETR DEFRA DTLR DfT ODPM {HOUSING}"),
        ("Transport", date(2000, 12, 31), f"{REGIONS} DTLR DfT"),
        ("DCMS", date(2016, 1, 1), "DNH DCMS97 DDCMS DCMS23 DSIT"),
        ("Department of Health and Social Care", date(1990, 1, 1), "DHSS DH DHSC"),
    ],
)
def test_a_search_that_ends_while_a_body_bore_the_name_means_that_body(words: str, day: date, expected: str) -> None:
    assert line_of(words, day) == {BODIES[short] for short in expected.split()}


def test_a_line_covers_answers_printed_under_a_name_that_outlived_its_office() -> None:
    equality = lineage_of("Government Equalities Office")
    assert equality.covers("Women and Equalities", House.COMMONS.value, date(2025, 6, 3))
