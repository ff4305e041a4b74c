"""Frameworks of any size, shaped like those other questionnaire tools are measured with.

Of ten questions two are radio groups, one is a yes or no, one a number and six are texts; one in ten is asked only
after a certain answer.
"""

import json

SECTIONS = 7

HEAD = """\
schema_version: 1
framework: {{key: {key}, title: {title}, version: '1', language: en}}
functions:
  - {{key: pm, title: Project manager, side: firm}}
  - {{key: sponsor, title: Sponsor, side: client}}
deliverables:
  - {{key: status-report, title: Status report}}
  - {{key: discovery-report, title: Dossier}}
phases:
"""

TYPES = (
    "long_text",
    "single_choice",
    "long_text",
    "long_text",
    "yes_no",
    "long_text",
    "single_choice",
    "long_text",
    "number",
    "long_text",
)
OPTIONS = (
    ("hourly", "Every hour, by a job that somebody watches"),
    ("daily", "Once a day, over night"),
    ("by-hand", "By hand, when somebody needs it"),
    ("never", "Not at all so far"),
)


def document(questions: int, *, per_step: int | None = None) -> str:
    """Return a framework document of *questions* items in steps of *per_step*, by default all in one step."""
    per_step = per_step or questions
    parts = [HEAD.format(key=f"bench-{questions}-{per_step}", title=f"{questions} questions")]
    for step, first in enumerate(range(0, questions, per_step), start=1):
        numbers = range(first, min(first + per_step, questions))
        parts.append(
            f"  - key: phase-{step}\n    title: Phase {step}\n    steps:\n"
            f"      - key: step-{step}\n        number: '{step}'\n        title: Questions {numbers[0] + 1} to {numbers[-1] + 1}\n"
            f"        short: Part {step}\n        sections:\n"
        )
        sections = min(SECTIONS, len(numbers))
        for section in range(sections):
            own = numbers[section * len(numbers) // sections : (section + 1) * len(numbers) // sections]
            if len(own):
                parts.append(
                    f"          - key: section-{step}-{section}\n            title: Section {section + 1}\n            items:\n"
                )
                parts.extend(_item(number, per_step) for number in own)
    return "".join(parts)


def key_of(number: int) -> str:
    """Return the key of a question, counted from 0."""
    return f"question-{number}"


def type_of(number: int) -> str:
    """Return the answer type of a question."""
    return TYPES[number % len(TYPES)]


def _item(number: int, per_step: int) -> str:
    kind = type_of(number)
    fields = {
        "key": key_of(number),
        "title": f"Question {number}",
        "prompt": f"How do you see to it that part {number} of the data is complete, current and allowed to be used?",
        "help": "Describe what happens today, who looks after it, and what you would change. Two sentences are enough.",
        "type": kind,
        "answered_by": ("client", "both", "consultant")[number % 3],
        "depth": "core",
        "feeds": ["discovery-report"],
    }
    if kind == "number":
        fields["unit"] = "days"
    if number % 10 == 7 and number % per_step >= 7:
        # The radio group right before it is answered "daily" or not at all.
        fields["condition"] = f"{key_of(number - 1)} == daily"
    if number % 10 == 3 and number % per_step >= 3:
        fields["depends_on"] = [key_of(number - 2)]
    lines = [
        f"              - {{{', '.join(f'{name}: {json.dumps(value)}' for name, value in fields.items())}"
    ]
    if kind == "single_choice":
        options = ", ".join(
            f"{{value: {value}, label: {json.dumps(label)}, pros: Known to work, cons: Needs somebody who cares}}"
            for value, label in OPTIONS
        )
        lines.append(f", options: [{options}]")
        if number % 10 == 6:
            lines.append(
                f", recommend: [{{when: '{key_of(number - 2)} == yes', choose: daily, because: It is enough for this use}}]"
            )
    return "".join(lines) + "}\n"


def large(*, steps: int = 8, sections: int = 25, places: int = 50) -> str:
    """Return a framework of 10,000 questions, each resting on the one before it and on the one at half its number."""
    lines = [HEAD.format(key="large", title="Large"), "  - key: phase\n    title: Phase\n    steps:\n"]
    number = 0
    for step in range(steps):
        lines.append(
            f"      - key: step-{step}\n        number: '{step + 1}'\n        title: Step {step}\n        sections:\n"
        )
        for section in range(sections):
            lines.append(
                f"          - key: s-{step}-{section}\n            title: Section {section}\n            items:\n"
            )
            for _place in range(places):
                rests = ", ".join(f"i{one}" for one in sorted({number - 1, number // 2} - {number, -1}))
                lines.append(
                    f"              - {{key: i{number}, title: Item {number}, prompt: 'What about {number}?',"
                    f" type: long_text, answered_by: both, depth: core, depends_on: [{rests}]}}\n"
                )
                number += 1
    return "".join(lines)
