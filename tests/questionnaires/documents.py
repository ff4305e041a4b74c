"""Framework documents that tests start from."""

from pathlib import Path

import questionnaires

BUILT_IN = (Path(questionnaires.__file__).parent / "data" / "mlops-engagement.yaml").read_text(
    encoding="utf-8"
)

SMALL = """\
schema_version: 1
framework:
  key: small
  title: Small
  version: '1'
  language: en
functions:
  - {key: pm, title: Project manager, side: firm}
  - {key: sponsor, title: Sponsor, side: client}
deliverables:
  - {key: plan, title: Plan}
reference_frameworks:
  - {key: GOOD, title: Good practice, items: 2}
registers:
  - key: risks
    title: Risks
    columns:
      - {key: risk, label: Risk, type: text}
      - {key: level, label: Level, type: choice, options: [low, very high]}
    feeds: [plan]
    refs: [GOOD-1]
phases:
  - key: begin
    title: Begin
    steps:
      - key: first
        number: '3'
        title: First of all
        sections:
          - key: one
            title: One
            items:
              - key: kind
                title: Kind
                prompt: Which kind?
                type: single_choice
                answered_by: client
                depth: core
                options:
                  - {value: a, label: 'A, the first'}
                  - {value: b, label: B}
              - key: why
                title: Why
                prompt: Why that?
                type: long_text
                answered_by: client
                depth: standard
                condition: kind == a
                depends_on: [kind]
              - key: size
                title: Size
                prompt: How large?
                type: number
                unit: GiB
                answered_by: both
                depth: core
                depends_on: [why]
                feeds: [plan]
                refs: [GOOD-1]
          - key: two
            title: Two
            items:
              - key: deeper
                title: Deeper
                prompt: How deep?
                type: number
                answered_by: both
                depth: full
                condition: why is answered
              - key: agreed
                title: Agreed
                prompt: We agree.
                type: sign_off
                answered_by: both
                depth: core
                roles: [sponsor]
                depends_on: [kind, size]
                gate: start
"""


def changed(old, new, text=SMALL):
    """Replace the one place where a document says *old*."""
    assert text.count(old) == 1, old
    return text.replace(old, new)
