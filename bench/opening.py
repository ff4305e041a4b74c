"""Workload 1: open a checklist, all questions with their answers and recommendations on one page."""

import time
from statistics import median

from django.template import Context, Engine

from bench import seed
from bench.browser import Browser
from bench.documents import OPTIONS, key_of, type_of
from bench.figures import ROUNDS, Line, Result, Target, line_of, sample
from bench.processes import Postgres, web
from questionnaires.actions import publishing

SIZES = (50, 200, 800)
MOST_CPU = 42.0  # ms: a twentieth of what a page of 200 questions costs in the closest peer
MOST_SQL = 10
MOST_GZIP = 40.0  # KB
TIMES = 10
# What any template must write for a question, without what surrounds it.
FORM = Engine().from_string("""{% for item in items %}<article class="item" id="item-{{ item.key }}" data-state="{{ item.state }}">
<h3 id="q-{{ item.key }}">{{ item.number }} {{ item.prompt }}</h3><p class="why">{{ item.help }}</p>
<form method="post" action="/items/{{ item.key }}/answer/"><input type="hidden" name="base" value="{{ item.version }}">
{% if item.options %}<fieldset><legend class="vh">{{ item.prompt }}</legend>{% for option in item.options %}<label><input type="radio" name="value" value="{{ option.value }}"{% if option.value == item.value %} checked{% endif %}> {{ option.label }}</label>{% endfor %}</fieldset>
{% else %}<label for="f-{{ item.key }}">{{ item.prompt }}</label><textarea id="f-{{ item.key }}" name="value">{{ item.value }}</textarea>{% endif %}</form>
{% if item.advice %}<div class="advice"><h4>{{ item.advice.title }}</h4><ul>{% for option in item.advice.options %}<li><b>{{ option.label }}</b> {{ option.pros }} {{ option.cons }}</li>{% endfor %}</ul></div>{% endif %}
</article>{% endfor %}""")


def run() -> Result:
    """Open checklists of 50, 200 and 800 questions, drawn before and drawn anew, and the built-in data step."""
    cast = seed.cast()
    pages = {size: _url(seed.sized(cast, size), "1") for size in SIZES}
    data = _url(seed.engagement(*cast, publishing.builtin(), "BENCH-BUILT-IN"), "3")
    lines = []
    with web() as server:
        postgres, browser = Postgres(), Browser(server, cast[0])
        # The first request of a process also loads the templates and parses the framework.
        browser.get(pages[50])
        fresh = {
            size: sample(server, postgres, [lambda size=size: browser.get(pages[size])]) for size in SIZES[1:]
        }
        browser.get(data)
        opened = {size: [] for size in [*SIZES, 38]}
        limit = []
        for _round in range(ROUNDS):
            for size in opened:
                url = pages.get(size, data)
                opened[size].append(sample(server, postgres, [lambda url=url: browser.get(url)] * TIMES))
            limit.append(bare_template())
        lines += [line_of(f"open {size} questions on one page", opened[size]) for size in SIZES]
        lines += [line_of(f"... {size}, every question drawn anew", [fresh[size]]) for size in fresh]
        lines += [line_of("open the built-in data step, 38 questions", opened[38])]
    lines.append(Line("limit: Django's template engine, 200 questions", {"CPU ms": median(limit)}))
    of = {size: line.figures for size, line in zip(SIZES, lines, strict=False)}
    statements = {of[size]["SQL"] for size in SIZES}
    return Result(
        lines,
        [
            Target("CPU to open 200 questions", of[200]["CPU ms"], MOST_CPU, "ms"),
            Target("statements to open 200 questions", of[200]["SQL"], MOST_SQL),
            Target("different numbers of statements for 50, 200 and 800", len(statements), 1),
            Target("statements to open the data step", lines[-2].figures["SQL"], MOST_SQL),
            Target("200 questions compressed", of[200]["gzip KB"], MOST_GZIP, "KB"),
        ],
    )


def bare_template() -> float:
    """Return the CPU milliseconds of drawing 200 questions with a plain template and nothing else."""
    options = [
        {"value": value, "label": label, "pros": "Known to work", "cons": "Needs care"}
        for value, label in OPTIONS
    ]
    items = [
        {
            "key": key_of(index),
            "number": f"1.{index}",
            "state": "answered",
            "version": 1,
            "prompt": f"How do you see to it that part {index} of the data is complete?",
            "help": "Describe what happens today, who looks after it, and what you would change.",
            "options": options if type_of(index) == "single_choice" else (),
            "value": "daily" if type_of(index) == "single_choice" else seed.WORDS,
            "advice": {"title": "We recommend", "options": options} if index % 10 == 6 else None,
        }
        for index in range(200)
    ]
    began = time.process_time()
    FORM.render(Context({"items": items}))
    return 1000 * (time.process_time() - began)


def _url(engagement, step: str) -> str:
    return f"/engagements/{engagement.pk}/steps/{step}/"
