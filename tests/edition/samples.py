"""An edition of a small newsroom that does not exist, for tests and pictures."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from digest.model import Article, Candidate, Chosen, Image, Plan, PlannedSection
from digest.settings import Newsletter, Site

DUE = datetime(2026, 3, 2, 6, 0, tzinfo=UTC)

SITE = Site(
    name="Saltmarsh Reporter",
    url="https://saltmarsh.example.org",
    postal_address="3 Chandler's Yard, Port Ellery",
    tagline="Independent news from the estuary",
    about="Five reporters, no owners. We are paid for by 2,140 readers.",
    licence="Our stories may be republished under CC BY 4.0 with our name and a link.",
    appeal="The council's papers are public; reading all of them takes time. If our work matters to you, chip in.",
    appeal_url="https://saltmarsh.example.org/support",
    signup="Did a friend send you this?",
    signup_url="https://saltmarsh.example.org/letters",
)

STORIES: dict[str, Sequence[tuple[str, str, str, str]]] = {
    "Estuary": (
        (
            "The flood wall was signed off by a firm that had closed two years before",
            "Records show that nobody inspected the eastern section after 2023. The council says it trusted a stamp.",
            "Ines Okafor",
            "Saltmarsh Reporter",
        ),
        (
            "Night ferry to return in May after eleven years",
            "Two sailings a week at first, with room for forty bicycles and no cars.",
            "Tom Brandvold",
            "Saltmarsh Reporter",
        ),
        (
            "Oyster beds reopen, and the first boats are already out",
            "Water samples have been clean for six weeks. Growers want the sewer upgrade in writing.",
            "Mari Quill",
            "The Tidewatch",
        ),
        ("A pilot boat's log from 1911 turns up in a school cupboard", "", "", "Harbour Archive"),
    ),
    "City hall": (
        (
            "Rents in the old harbour rose three times faster than wages",
            "We compared 1,900 contracts. The steepest rises are in the six streets nearest the new station.",
            "Ines Okafor and Lev Marsh",
            "Saltmarsh Reporter",
        ),
        (
            "Council votes on a night bus that would cost less than its car park",
            "The vote is on Thursday; two members have declared an interest.",
            "Tom Brandvold",
            "Saltmarsh Reporter",
        ),
        ("Library hours stay as they are", "", "", "Port Ellery Council"),
    ),
    "Land": (
        (
            "How a village bought its own wood, and what it found there",
            "Four hundred households, one auction and a colony of bats that nobody had counted.",
            "Ada Lindqvist",
            "The Tidewatch",
        ),
        (
            "Farmers swap seed again to outlast a dry spring",
            "Old barley is coming back because it can wait for rain.",
            "Mari Quill",
            "The Tidewatch",
        ),
        (
            "مزارعو الدلتا يعيدون زراعة القصب",
            "بعد عشر سنوات من الجفاف عادت المياه إلى القنوات القديمة.",
            "سلمى حداد",
            "The Tidewatch",
        ),
        (
            "What the sheep on the dyke are for",
            "They tread the ground firm and leave the orchids alone.",
            "",
            "Harbour Archive",
        ),
    ),
    "Culture": (
        (
            "The cinema that runs on its audience's bicycles",
            "One full-length film takes twelve riders. On Saturdays there is a queue.",
            "Lev Marsh",
            "Saltmarsh Reporter",
        ),
        (
            "A dictionary of the words fishers use for fog",
            "It has forty-one entries, and a map.",
            "Ada Lindqvist",
            "Harbour Archive",
        ),
        ("Choir seeks tenors, promises soup", "", "", "Harbour Archive"),
    ),
}

LINK = '<a href="https://saltmarsh.example.org/documents">the documents</a>'
BODIES = (
    (
        f"It is a small thing on the map and a large one for those who live beside it. We asked for {LINK} in January.",
        "What came back was four pages, two of them blank. The rest of the story we found on foot.",
    ),
    (
        f"The stamp is round, a little smudged, and on every page. We have published {LINK}, all ninety of them.",
        "Three engineers looked at them for us. Nobody measured anything, they say: the heights are those of 1998.",
        "The council answered on Friday, late. It will have the eastern section looked at “before the spring tides”.",
    ),
    ("Nobody we spoke to expected it. Most of them were glad, and one asked us not to print how glad.",),
)

NO_PICTURE = {4, 7, 10, 12, 14}


def article(number: int, title: str, dek: str, byline: str, pictures: str) -> Article:
    shapes = ((1200, 800), (800, 800), (1200, 675), (600, 800))
    width, height = shapes[0] if number == 1 else shapes[number % 4]
    image = Image(
        url=f"{pictures}/{number}.png",
        alt="A grey concrete wall with a long crack, reeds in front of it" if number == 1 else "",
        credit="Photo: Joan Pell / Saltmarsh Reporter",
        caption="The eastern section at low tide on Friday." if number == 1 else "",
        width=width,
        height=height,
    )
    return Article(
        guid=str(number),
        url=f"https://saltmarsh.example.org/2026/03/story-{number}",
        title=title,
        dek=dek,
        byline=byline,
        published=DUE - timedelta(hours=number * 1.6),
        image=None if number in NO_PICTURE else image,
        body="".join(f"<p>{paragraph}</p>" for paragraph in BODIES[number % len(BODIES)]),
        licence="https://creativecommons.org/licenses/by/4.0/" if number % 3 else "",
    )


def candidate(number: int, value: Article, source: str) -> Candidate:
    return Candidate(
        id=number,
        source=f"feed:{source}",
        source_title=source,
        article=value,
        url_key=value.url,
        first_seen=DUE,
        last_changed=DUE,
    )


def plan(*, pictures: str = "https://pictures.example.org") -> Plan:
    """An edition of fourteen stories in four sections."""
    sections, number = [], 0
    for title, stories in STORIES.items():
        chosen = []
        for headline, dek, byline, source in stories:
            number += 1
            value = article(number, headline, dek, byline, pictures)
            chosen.append(
                Chosen(
                    candidate=candidate(number, value, source), rank=number, why="new", updated=number == 6
                )
            )
        sections.append(PlannedSection(title=title, articles=tuple(chosen)))
    return Plan(newsletter="daily", slot="2026-03-02T07:00", due=DUE, sections=tuple(sections))


def plan_of(*articles: Article, source: str = "A source") -> Plan:
    """An edition of the given articles in one section."""
    chosen = tuple(
        Chosen(candidate=candidate(rank, value, source), rank=rank, why="new")
        for rank, value in enumerate(articles, 1)
    )
    return Plan(
        newsletter="daily",
        slot="2026-03-02T07:00",
        due=DUE,
        sections=(PlannedSection(title="News", articles=chosen),) if chosen else (),
    )


def newsletter(**settings: object) -> Newsletter:
    return Newsletter.model_validate(
        {
            "name": "daily",
            "title": "The Daily Tide",
            "from": "The Daily Tide <daily@saltmarsh.example.org>",
            "timezone": "Europe/Berlin",
            "language": "en-GB",
        }
        | settings
    )
