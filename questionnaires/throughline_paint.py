"""The paint that a printed throughline carries itself. The values are the light ones of tokens.css; a test compares."""

import re

PAINT = {
    "--ink": "#181b1e",
    "--ink-3": "#5d646b",
    "--rule": "#d5d9d3",
    "--rule-strong": "#7d858a",
    "--accent": "#1b4899",
    "--warn": "#854c00",
    "--sheet": "#ffffff",
    "--sunken": "#eceee9",
    "--initiate": "#775a1c",
    "--gather": "#15625c",
    "--develop": "#753d6d",
}

FONT = 'font-family="Libre Franklin, Arial, sans-serif"'
LINES = {
    "track": 'fill="none" stroke="{--rule-strong}" stroke-width="1.5"',
    "back": 'fill="none" stroke="{--rule-strong}" stroke-width="1.5" stroke-dasharray="2 5" stroke-linecap="round"',
    "loop": 'fill="none" stroke="{--ink-3}" stroke-width="1.25"',
    "loop-open": 'fill="none" stroke="{--warn}" stroke-width="2"',
    "tip": 'fill="{--ink-3}"',
    "tip-open": 'fill="{--warn}"',
    "halo": 'fill="{--sheet}"',
    "here": 'fill="none" stroke="{--ink}" stroke-width="1.5"',
    "tick": 'fill="none" stroke="{--sheet}" stroke-width="2" stroke-linecap="round"',
    "done": 'fill="none" stroke="{stage}" stroke-width="6"',
    "bang": 'fill="none" stroke="{stage}" stroke-width="2" stroke-linecap="round"',
    "node": 'fill="{--sheet}" stroke="{stage}" stroke-width="2"',
    "node signed": 'fill="{stage}" stroke="{stage}" stroke-width="2"',
    "node stale": 'fill="{--sheet}" stroke="{stage}" stroke-width="2" stroke-dasharray="3 2.4"',
    "t-stage": 'fill="{stage}" font-size="11" font-weight="600" letter-spacing="0.9"',
    "t-no": 'fill="{stage}" font-size="12" font-weight="600"',
    "t-name": 'fill="{--ink}" font-size="13" font-weight="500"',
    "t-open": 'fill="{--warn}" font-size="12" font-weight="600"',
    "text": 'fill="{--ink-3}" font-size="12"',
}


def literally(svg: str) -> str:
    """Replace every class of a drawing by what it paints in light."""
    group = {"stage": "gather", "sign": ""}

    def painted(found: re.Match[str]) -> str:
        words = found.group(1).split()
        for word in words:
            if word.startswith("st-"):
                group["stage"] = word.removeprefix("st-")
        if words[0].startswith("st-"):
            group["sign"] = words[1] if len(words) > 1 else ""
            return ""
        kind = next((word for word in reversed(words) if word in LINES), "text")
        if kind == "node" and group["sign"]:
            kind = f"node {group['sign']}"
        shape = LINES[kind].replace("{stage}", PAINT[f"--{group['stage']}"])
        for name, value in PAINT.items():
            shape = shape.replace(f"{{{name}}}", value)
        return f"{FONT} {shape}" if kind == "text" or kind.startswith("t-") else shape

    return re.sub(r'class="([^"]*)"', painted, svg)
