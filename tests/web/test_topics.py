"""Topics in a browser: shown, tried, and changed in config.toml."""

from __future__ import annotations

import re
import tomllib
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

import pytest
from bs4 import BeautifulSoup

from db.matches import Matches
from db.search import Search
from monitor.desk.desks import Desks
from monitor.research.term_tools.term_list import topic_rows
from monitor.web.security import LARGEST_BODY
from tests.web.conftest import EVENING
from tests.web.forms import form_of, problem_with

if TYPE_CHECKING:
    from collections.abc import Mapping

    from httpx2 import Response
    from starlette.testclient import TestClient

    from tests.web.conftest import Office

AGENCIES = "Serious and organised crime agencies"
AGENCIES_PATH = "/topics/Serious%20and%20organised%20crime%20agencies"


@pytest.fixture(autouse=True)
def patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a busy machine take its time over a trial."""
    monkeypatch.setattr("monitor.desk.terms.LONGEST_STEP", 60.0)


def topics_in(office: Office) -> dict[str, Mapping[str, Any]]:
    """Return the topics of config.toml by name."""
    return {topic["name"]: topic for topic in tomllib.loads(office.config.read_text("utf-8")).get("topics", [])}


def hidden(page: str) -> dict[str, str]:
    """Return the token and the state of the file that the forms of a page send."""
    soup = BeautifulSoup(page, "html.parser")
    fields = {}
    for name in ("csrf", "seen"):
        field = soup.find("input", {"name": name})
        assert field is not None
        fields[name] = str(field["value"])
    return fields


def words(page: str) -> str:
    """Return the text of a page."""
    return " ".join(BeautifulSoup(page, "html.parser").get_text().split())


def send(browser: TestClient, path: str, page: str = "/topics", **fields: str) -> Response:
    """Load a page, and send a form from it."""
    return browser.post(path, data=hidden(browser.get(page).text) | fields)


# -- shown --------------------------------------------------------------------------------------------------------------


def test_each_topic_is_shown_with_its_terms_and_what_they_find(browser: TestClient, office: Office) -> None:
    page = BeautifulSoup(browser.get("/topics").text, "html.parser")
    desks = Desks(str(office.config), lambda: EVENING)
    for row in topic_rows(desks.current().config, desks.archive):
        heading = page.find("h2", string=row["name"])
        assert heading is not None
        assert heading.parent is not None
        section = heading.parent.get_text(" ", strip=True)
        assert f"{row['records']} records found. Goes to Policy desk." in section  # as the command line counts
        assert all(term in section for term in row["terms"])
        assert "November 2024, so far" in section
    desks.close()
    ids = [tag["id"] for tag in page.find_all(id=True)]
    assert len(ids) == len(set(ids))


def test_many_terms_are_listed_on_the_pages_of_their_topics_alone(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("monitor.web.topics.MOST_TERMS", 5)
    with office.browser() as browser:
        with patch.object(Matches, "watched_terms") as asked:
            page = BeautifulSoup(browser.get("/topics").text, "html.parser")
        assert asked.call_count == 0
        text = page.get_text(" ", strip=True)
        assert "terms are too many for one page." in text
        assert "National Crime Squad" not in text
        heading = page.find("h2", string=AGENCIES)
        assert heading is not None
        assert heading.parent is not None
        section = heading.parent.get_text(" ", strip=True)
        assert "records found. Goes to Policy desk." in section
        assert re.search(r"\b\d+ terms\.", section)
        assert "Nothing was found" not in section
        assert "National Crime Squad" in browser.get(AGENCIES_PATH).text


def test_days_of_the_archive_are_asked_for_once(browser: TestClient) -> None:
    with patch.object(Search, "days", return_value=(EVENING.date(), EVENING.date())) as asked:
        page = browser.get("/topics").text
    assert page.count("<section") > 1
    assert asked.call_count == 1


def test_a_topic_has_its_plot_the_figures_and_each_term(browser: TestClient) -> None:
    page = BeautifulSoup(browser.get(AGENCIES_PATH).text, "html.parser")
    text = page.get_text(" ", strip=True)
    assert page.find("svg", class_="plot") is not None
    assert page.find("style") is None
    assert not page.find_all(style=True)
    assert "4 records, last on 26 November 2024" in text
    assert "Never found; watched since" in text
    assert "Where this stands, no term counts." in text
    assert "No term is noisy, has gone quiet, or is misread." in text


def test_every_check_runs_on_request(browser: TestClient) -> None:
    page = browser.get("/topics/Paedophile%20units%20and%20child%20protection%20online", params={"check": "all"}).text
    assert "no record has its part “child safety”, though its words are common" in page
    assert "1 of 37 terms may need a look." in page


def test_terms_that_cannot_be_read_or_are_misread_are_named(office: Office) -> None:
    office.config.write_text(
        office.config.read_text("utf-8").replace(
            '"National Crime Squad",', '"National NEAR/ Crime", "online & safety",'
        ),
        "utf-8",
    )
    with office.browser() as browser:
        overview, page = browser.get("/topics").text, browser.get(AGENCIES_PATH).text
        assert "May need a look" in overview
        assert "NEAR/ is no distance" in overview
        assert "NEAR/ is no distance" in page
        done = send(browser, "/topics/terms/remove", AGENCIES_PATH, topic=AGENCIES, term="National NEAR/ Crime")
    assert "The term was removed from this topic." in done.text
    assert "National NEAR/ Crime" not in topics_in(office)[AGENCIES]["terms"]


def test_there_is_no_such_topic(browser: TestClient) -> None:
    answer = browser.get("/topics/<b>gone</b>")
    assert answer.status_code == 404
    assert "There is no topic &lt;b&gt;gone&lt;/b&gt;." in answer.text
    assert browser.get("/topics/").status_code == 404


@pytest.mark.parametrize("name", ["..", ".", "try", "topic", "a/b", "/a", "a b?c#d", "<script>alert(1)</script>"])
def test_any_name_leads_to_its_topic(office: Office, name: str) -> None:
    with office.browser() as browser:
        done = send(browser, "/topics/new", name=name, terms="asylum")
        assert done.status_code == 200
        assert "The topic was added." in done.text
        heading = BeautifulSoup(done.text, "html.parser").find("h1")
        assert heading is not None
        assert heading.get_text() == name
        assert "<script>alert" not in done.text + browser.get("/topics").text


# -- tried --------------------------------------------------------------------------------------------------------------


def test_a_tried_term_is_explained_counted_and_compared(browser: TestClient) -> None:
    page = browser.get("/topics/try", params={"term": "online safety", "topic": AGENCIES}).text
    text = BeautifulSoup(page, "html.parser").get_text(" ", strip=True)
    assert "the phrase “online safety”" in text
    assert "Finds 12 records of the archive" in text
    assert "Your terms find 7 of these already; 5 would be new. The topic has 0 of them." in text
    assert "Newest: 27 November 2024, Commons 91253, question" in text
    assert "online safety NEAR/15 (child OR young person OR pupil)" in text
    assert "soca music : takes nothing away" in text.replace("music:", "music :")
    assert "act 8" in text
    assert "<strong>Online Safety</strong>" in page


def test_how_it_is_read_is_a_list_within_a_list(browser: TestClient) -> None:
    page = BeautifulSoup(browser.get("/topics/try", params={"term": "(asylum OR hotel) AND Kent"}).text, "html.parser")
    inner = page.select("main ul ul ul li")
    assert [line.get_text() for line in inner] == ["the word “asylum”", "the word “hotel”"]


def test_a_term_that_the_topic_has_or_covers_is_named(browser: TestClient) -> None:
    page = browser.get("/topics/try", params={"term": "national crime squads", "topic": AGENCIES}).text
    assert "has it already: National Crime Squad" in page
    page = browser.get("/topics/try", params={"term": "new National Crime Squad", "topic": AGENCIES}).text
    assert "it adds nothing: wherever it stands, “National Crime Squad” stands too." in page


def test_a_term_that_cannot_be_read_shows_the_place_and_the_remedy(browser: TestClient) -> None:
    answer = browser.get("/topics/try", params={"term": "online NEAR/ safety"})
    assert answer.status_code == 422
    assert "NEAR/ is no distance." in answer.text
    assert "online NEAR/ safety\n       ^" in answer.text
    assert "Write NEAR/1 to NEAR/50" in answer.text


def test_doubts_are_said_before_a_term_is_saved(browser: TestClient) -> None:
    assert "Is this what you mean?" in browser.get("/topics/try", params={"term": "online, safety"}).text
    peers = browser.get("/topics/try", params={"term": "asker:Baroness"}).text
    assert re.search(
        r"Is this what you mean\?</strong> asker:Baroness finds Baroness \w+ .*; write more of a name", peers
    )


def test_a_term_that_finds_nothing_says_what_lies_near(browser: TestClient) -> None:
    page = browser.get("/topics/try", params={"term": "OFCOM"}).text
    assert "Finds" in page
    page = browser.get("/topics/try", params={"term": "online safty"}).text
    assert page.count("Finds no record of the archive.") == 1
    assert "No record of the archive has the word “safty”. If it is a typing error, write “safety”." in page


def test_nothing_is_said_of_words_once_the_time_is_over(browser: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("monitor.desk.terms.LONGEST_STEP", -1.0)
    assert "has the word" not in browser.get("/topics/try", params={"term": "online safty"}).text


def test_a_long_search_is_ended_and_says_so(browser: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("monitor.desk.terms.LONGEST_STEP", -1.0)
    page = browser.get("/topics/try", params={"term": "crime NOT police"}).text
    assert "The search was ended after some seconds" in page


def test_many_finds_are_counted_up_to_a_bound(browser: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("monitor.desk.terms.LOOKED_AT", 2)
    monkeypatch.setattr("monitor.desk.terms.COUNTED", 5)
    page = browser.get("/topics/try", params={"term": "online safety"}).text
    assert "Finds 5 or more records of the archive." in page
    assert "Of the newest 2, which all that follows is about" in page


@pytest.mark.parametrize("term", ["<script>alert(1)</script>", '"><img src=x>', "a\u202eb", "x" * 600, "(" * 400])
def test_hostile_terms_are_only_text(browser: TestClient, term: str) -> None:
    answer = browser.get("/topics/try", params={"term": term})
    assert answer.status_code in (200, 422)
    assert "<script>alert" not in answer.text
    assert "<img" not in answer.text
    assert "\u202e" not in answer.text


def test_wrong_parameters_are_refused_in_a_sentence(browser: TestClient) -> None:
    assert browser.get("/topics/try", params={"term": "x" * 2_001}).status_code == 422
    assert browser.get("/topics/try", params={"term": "x", "topic": "nope"}).status_code == 404
    assert browser.get("/topics/try").status_code == 200


# -- changed ------------------------------------------------------------------------------------------------------------


def test_a_term_is_added_and_removed(browser: TestClient, office: Office) -> None:
    comment = "# the police, and who works with them"
    tried = "/topics/try?term=county+lines"
    done = send(browser, "/topics/terms/add", tried, topic=AGENCIES, term="county lines")
    assert "The term was added to this topic." in done.text
    assert done.url.params["done"] == "added"
    assert topics_in(office)[AGENCIES]["terms"][-1] == "county lines"
    assert comment in office.config.read_text("utf-8")
    again = send(browser, "/topics/terms/add", tried, topic=AGENCIES, term="County line")
    assert "has a term with the same meaning already" in again.text
    gone = send(browser, "/topics/terms/remove", AGENCIES_PATH, topic=AGENCIES, term="county lines")
    assert "The term was removed from this topic." in gone.text
    assert "county lines" not in topics_in(office)[AGENCIES]["terms"]


def test_what_does_not_count_is_added_and_removed(browser: TestClient, office: Office) -> None:
    done = send(browser, "/topics/terms/add", topic=AGENCIES, term="soca dance", exclude="1")
    assert "The topic is matched anew at the next run." in done.text
    assert topics_in(office)[AGENCIES]["exclude"] == ["soca music", "soca dance"]
    gone = send(browser, "/topics/terms/remove", AGENCIES_PATH, topic=AGENCIES, term="soca music", exclude="1")
    assert "The term was removed from what does not count." in gone.text
    assert topics_in(office)[AGENCIES]["exclude"] == ["soca dance"]


def test_a_topic_is_added_renamed_and_removed(browser: TestClient, office: Office) -> None:
    done = send(
        browser, "/topics/new", name=" Asylum  hotels ", terms="asylum hotel\r\n\r\nhotel NEAR asylum", note="New"
    )
    assert "The topic was added." in done.text
    assert topics_in(office)["Asylum hotels"]["terms"] == ["asylum hotel", "hotel NEAR asylum"]
    renamed = send(browser, "/topics/rename", "/topics/Asylum%20hotels", topic="Asylum hotels", name="Hotels")
    assert "The topic has its new name." in renamed.text
    assert topics_in(office)["Hotels"]["id"] == "Asylum hotels"
    assert "2 terms will be removed with it." in renamed.text
    gone = send(browser, "/topics/remove", "/topics/Asylum%20hotels", topic="Asylum hotels")
    assert gone.url.path == "/topics"
    assert "The topic was removed." in gone.text
    assert "Hotels" not in topics_in(office)


def test_a_message_is_chosen_by_the_page(browser: TestClient) -> None:
    assert "hacked" not in browser.get("/topics", params={"done": "You were hacked"}).text


LONG_TERMS = "asylum hotel\r\n" * 1_600
NEW = {"name": "Asylum", "terms": "asylum\r\nhotel", "note": "Why"}


@pytest.mark.parametrize(
    ("path", "fields", "field", "said"),
    [
        ("/topics/terms/add", {"topic": AGENCIES, "term": "online NEAR/ safety"}, "try-term", "NEAR/ is no distance."),
        ("/topics/terms/add", {"topic": AGENCIES, "term": ""}, "try-term", "Try a term: The term is empty."),
        ("/topics/terms/add", {"topic": AGENCIES, "term": "x" * 2_001}, "try-term", "shorten it to 2,000 characters"),
        ("/topics/terms/add", {"topic": "", "term": "county lines"}, "try-topic", "For the topic: choose one of them."),
        ("/topics/terms/add", {"term": "county lines"}, "try-topic", "choose one of them."),
        ("/topics/new", {"terms": "asylum\r\nonline NEAR/ safety"}, "new-terms", "NEAR/ is no distance."),
        ("/topics/new", {"terms": " \r\n "}, "new-terms", "Terms, one on each line: a topic needs a term."),
        ("/topics/new", {"terms": LONG_TERMS}, "new-terms", "shorten it to 20,000 characters at most. It has 20,800."),
        ("/topics/new", {"name": ""}, "new-name", "Name of the topic: a topic needs a name. Write one."),
        ("/topics/new", {"name": "x" * 201}, "new-name", "shorten it to 200 characters at most. It has 201."),
        ("/topics/new", {"note": "x" * 501}, "new-note", "shorten it to 500 characters at most. It has 501."),
        (
            "/topics/new",
            {"name": AGENCIES.upper()},
            "new-name",
            f"There is a topic '{AGENCIES}' already. Choose another name, or add the terms on the page of that topic.",
        ),
        ("/topics/rename", {"topic": AGENCIES, "name": "Hi-tech crime policing"}, "new-name", "Choose another name."),
        ("/topics/rename", {"topic": AGENCIES, "name": " "}, "new-name", "New name: a topic needs a name."),
        ("/topics/rename", {"topic": AGENCIES, "name": "x" * 201}, "new-name", "shorten it to 200 characters"),
    ],
)
def test_a_wrong_change_is_explained_and_not_written(
    browser: TestClient, office: Office, path: str, *, fields: dict[str, str], field: str, said: str
) -> None:
    before = office.config.read_bytes()
    given = NEW | fields if path == "/topics/new" else fields
    answer = send(browser, path, **given)
    assert answer.status_code == 422
    assert said in problem_with(answer.text, field)
    assert "pqwatch " not in problem_with(answer.text, field)
    shown = form_of(answer.text, "/topics/try" if path == "/topics/terms/add" else path)
    assert {name: shown[name].strip() for name in given} == {
        name: text.replace("\r\n", "\n").strip() for name, text in given.items()
    }
    assert office.config.read_bytes() == before


def test_a_term_for_a_topic_that_is_gone_is_kept(browser: TestClient) -> None:
    answer = send(browser, "/topics/terms/add", topic="Badgers", term="county lines")
    assert answer.status_code == 404
    said = "There is no topic Badgers. It may have been removed or renamed. Choose another one."
    assert problem_with(answer.text, "try-topic") == f"Not written: For the topic: {said}"
    assert form_of(answer.text, "/topics/try")["term"] == "county lines"


def test_a_term_that_is_not_there_is_not_removed(browser: TestClient) -> None:
    answer = send(browser, "/topics/terms/remove", topic=AGENCIES, term="not there")
    assert answer.status_code == 422
    assert "has no such term: not there" in answer.text


def test_a_form_of_more_than_four_megabytes_is_refused_whole(browser: TestClient) -> None:
    answer = send(browser, "/topics/new", name="Asylum", terms="x" * LARGEST_BODY)
    assert answer.status_code == 413
    assert "at most 4 MB can be sent" in answer.text


def test_what_was_written_can_be_corrected(browser: TestClient) -> None:
    page = BeautifulSoup(
        send(browser, "/topics/new", name="A", terms="online NEAR/ safety", note="N").text, "html.parser"
    )
    area = page.find("textarea", {"name": "terms"})
    assert area is not None
    assert area.get_text() == "online NEAR/ safety"
    tried = BeautifulSoup(
        send(browser, "/topics/terms/add", topic=AGENCIES, term="online NEAR/ safety").text, "html.parser"
    )
    assert tried.find("input", {"name": "term", "value": "online NEAR/ safety"}) is not None


def test_a_name_with_invisible_characters_can_be_changed(office: Office) -> None:
    name = "Wo\u00admen \U0001f469\u200d\U0001f4bb"
    office.config.write_text(office.config.read_text("utf-8").replace(f'"{AGENCIES}"', f'"{name}"'), "utf-8")
    with office.browser() as browser:
        page = BeautifulSoup(browser.get("/topics").text, "html.parser")
        [link] = [
            link
            for link in page.find_all("a")
            if link.get_text() == "Women \U0001f469\U0001f4bb" and "/" in link["href"]
        ]
        path = str(link["href"])
        field = BeautifulSoup(browser.get(path).text, "html.parser").find("input", {"name": "topic"})
        assert field is not None
        done = send(browser, "/topics/terms/add", path, topic=str(field["value"]), term="county lines")
    assert "The term was added to this topic." in done.text
    assert topics_in(office)[name]["terms"][-1] == "county lines"


def test_the_only_term_stays(browser: TestClient, office: Office) -> None:
    page = send(browser, "/topics/new", name="A", terms="asylum").text
    assert "It is the only term" in page
    answer = send(browser, "/topics/terms/remove", "/topics/A", topic="A", term="asylum")
    assert answer.status_code == 422
    assert "is the only term of 'A'. Add another one first, or remove the topic." in words(answer.text)
    assert topics_in(office)["A"]["terms"] == ["asylum"]


def test_a_reader_keeps_one_topic(office: Office) -> None:
    office.config.write_text(
        office.config.read_text("utf-8").replace('topics = ["*"] ', f'topics = ["{AGENCIES}"] ', 1), "utf-8"
    )
    with office.browser() as browser:
        answer = send(browser, "/topics/remove", topic=AGENCIES)
    assert answer.status_code == 422
    assert "Give them another one first, by their preferences or in config.toml." in words(answer.text)
    assert AGENCIES in topics_in(office)


def test_two_people_at_once(browser: TestClient, office: Office) -> None:
    loaded = hidden(browser.get(AGENCIES_PATH).text)
    send(browser, "/topics/terms/add", topic=AGENCIES, term="county lines")
    late = browser.post("/topics/terms/add", data=loaded | {"topic": AGENCIES, "term": "modern slavery"})
    assert late.status_code == 409
    assert "config.toml was changed after you loaded the page. Nothing was written." in late.text
    assert "modern slavery" in late.text
    assert topics_in(office)[AGENCIES]["terms"][-1] == "county lines"


def test_a_name_that_somebody_else_was_quicker_than_stands_in_the_form_again(browser: TestClient) -> None:
    loaded = hidden(browser.get(AGENCIES_PATH).text)
    send(browser, "/topics/terms/add", topic=AGENCIES, term="county lines")
    late = browser.post("/topics/rename", data=loaded | {"topic": AGENCIES, "name": "Agencies"})
    assert late.status_code == 409
    assert "Not written: config.toml was changed after you loaded the page." in words(late.text)
    form = form_of(late.text, "/topics/rename")
    assert form["name"] == "Agencies"
    assert "The topic has its new name." in browser.post("/topics/rename", data=form).text


def test_a_form_that_is_sent_twice_says_what_it_did(browser: TestClient, office: Office) -> None:
    def twice(action: str, path: str, **fields: str) -> str:
        form = hidden(browser.get(path).text) | fields
        first, second = (browser.post(action, data=form) for _ in range(2))
        assert first.url == second.url
        assert (first.status_code, second.status_code) == (200, 200)
        return second.text

    path = "/topics/Asylum%20hotels"
    topic = {"name": "Asylum hotels", "terms": "asylum hotel\r\nhotel NEAR asylum"}
    assert "The topic was added." in twice("/topics/new", "/topics", **topic)
    added = twice("/topics/terms/add", path, topic="Asylum hotels", term="migrant hotels")
    assert "The term was added to this topic." in added
    removed = twice("/topics/terms/remove", path, topic="Asylum hotels", term="migrant hotels")
    assert "The term was removed from this topic." in removed
    assert topics_in(office)["Asylum hotels"]["terms"] == ["asylum hotel", "hotel NEAR asylum"]


def test_a_file_that_changes_while_it_is_written_is_not_overwritten(
    browser: TestClient, office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    def carry_out(plan: Any) -> None:
        office.add("# somebody else\n")
        written(plan)

    from monitor.config.editing import carry_out_rewrite as written  # noqa: PLC0415

    monkeypatch.setattr("monitor.web.topics_change.carry_out_rewrite", carry_out)
    answer = send(browser, "/topics/terms/add", topic=AGENCIES, term="county lines")
    assert answer.status_code == 409
    assert "was changed by somebody else just now" in answer.text
    assert "county lines" not in topics_in(office)[AGENCIES]["terms"]


# -- refused ------------------------------------------------------------------------------------------------------------

WRITES = {
    "/topics/terms/add": {"topic": AGENCIES, "term": "county lines"},
    "/topics/terms/remove": {"topic": AGENCIES, "term": "National Crime Squad"},
    "/topics/new": {"name": "A", "terms": "asylum"},
    "/topics/rename": {"topic": AGENCIES, "name": "B"},
    "/topics/remove": {"topic": AGENCIES},
}


def test_forms_of_others_change_nothing(browser: TestClient, office: Office) -> None:
    before, fields = office.config.read_bytes(), hidden(browser.get("/topics").text)
    for path, given in WRITES.items():
        assert browser.post(path, data=given).status_code == 403
        assert browser.post(path, data=given | fields | {"csrf": "x"}).status_code == 403
        foreign = browser.post(path, data=given | fields, headers={"Sec-Fetch-Site": "cross-site"})
        assert foreign.status_code == 403
        assert browser.get(path).status_code in (404, 405)
    assert office.config.read_bytes() == before


def test_a_file_that_may_not_be_written_has_no_forms(browser: TestClient, office: Office) -> None:
    fields = hidden(browser.get("/topics").text)
    office.config.chmod(0o444)
    try:
        for path in ("/topics", AGENCIES_PATH, "/topics/try?term=crime"):
            page = browser.get(path).text
            assert "is read-only. Allow writing to it" in page
            assert 'method="post"' not in page
        for path, given in WRITES.items():
            answer = browser.post(path, data=fields | given)
            assert answer.status_code == 403
            assert "is read-only." in answer.text
    finally:
        office.config.chmod(0o644)


def test_a_public_page_shows_no_topics_and_changes_none(office: Office) -> None:
    with office.browser() as browser:
        fields = hidden(browser.get("/topics").text)
        office.set_web(public=True)
        before = office.config.read_bytes()
        page = browser.get("/topics").text
        assert "everyone may read this page" in page
        assert AGENCIES not in page
        assert "Policy desk" not in page
        assert browser.get(AGENCIES_PATH).status_code == 403
        assert browser.get("/topics/nope").status_code == 403
        assert browser.get("/topics/try", params={"term": "crime"}).status_code == 403
        for path, given in WRITES.items():
            answer = browser.post(path, data=fields | given)
            assert answer.status_code == 403
            assert "Nothing can be changed here, because everyone may read this page." in answer.text
        assert office.config.read_bytes() == before


def test_a_config_with_mistakes_is_not_edited(browser: TestClient, office: Office) -> None:
    fields = hidden(browser.get("/topics").text)
    office.add("\nnonsense = [\n")
    assert 'method="post"' not in browser.get("/topics").text
    answer = browser.post("/topics/terms/add", data=fields | WRITES["/topics/terms/add"])
    assert answer.status_code == 403
    assert "before config.toml is corrected" in answer.text


def test_without_topics_one_can_be_added(office: Office) -> None:
    text = office.config.read_text("utf-8")
    start, end = text.index("[[topics]]"), text.index("# Words that mean")
    office.config.write_text(text[:start] + text[end:], "utf-8")
    with office.browser() as browser:
        assert "No topics are watched yet." in browser.get("/topics").text
        assert "Choose one" not in browser.get("/topics/try", params={"term": "crime"}).text
        assert "The topic was added." in send(browser, "/topics/new", name="A", terms="crime").text
