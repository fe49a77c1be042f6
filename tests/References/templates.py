#!/usr/bin/env python3
"""templates.py FOLDER: what Python's jinja2 renders of FOLDER/*.jinja for the conversations below, in the environment of transformers.

Writes FOLDER/golden.json: `variables`, `clock`, `cases`, and `expected`: template, case, and the text or the error that is one for us too.
Needs jinja2.
"""
import datetime, glob, json, os, sys

import jinja2
from jinja2 import nodes
from jinja2.ext import Extension
from jinja2.sandbox import ImmutableSandboxedEnvironment

VARIABLES = dict(bos_token="<s>", eos_token="</s>", pad_token="<pad>", unk_token="<unk>")
CLOCK = datetime.datetime(2026, 3, 9, 8, 5, 0)


def message(role, content, **more):
    return dict(role=role, content=content, **more)


def call(name, arguments, identity="abcdefghi"):
    return dict(id=identity, type="function", function=dict(name=name, arguments=arguments))


def tool(name, description, required=(), **properties):
    return dict(type="function", function=dict(
        name=name, description=description, parameters=dict(type="object", properties=properties, required=list(required))))


TOOLS = [
    tool("search_rooms", "Finds free rooms of a house & its yard.", ["house"],
         house=dict(type="string", description="Which house"), floor=dict(type="integer"), kinds=dict(type="array", items=dict(type="string")),
         light=dict(type="string", enum=["none", "lamp", "window"])),
    tool("close_door", "", ["id"], id=dict(type="number", description="The door's number"), slowly=dict(type="boolean", default=False)),
]
ASKED = [message("user", "Is a room free in the Red House?")]
CALLED = ASKED + [message("assistant", "", tool_calls=[call("search_rooms", dict(house="Red House", floor=2, kinds=["attic", "küche"]))])]
ANSWERED = CALLED + [message("tool", '{"rooms": ["attic"], "price": 12.5}', tool_call_id="abcdefghi", name="search_rooms")]
CASES = {
    "question": dict(messages=[message("user", "What is the capital of Uri?")]),
    "system": dict(messages=[message("system", "You speak like a miller."), message("user", "Name a grain.")]),
    "turns": dict(messages=[message("system", " Be kind. "), message("user", "Hello!"), message("assistant", "Hello, what shall it be?"),
                            message("user", "Write \"naïve\" & <i>so</i>,\n\nplease 🦉.")]),
    "closed": dict(messages=[message("user", "  spaces \n"), message("assistant", "\n An answer. \n")], add_generation_prompt=False),
    "thoughts": dict(messages=[message("user", "7 * 6?"), message("assistant", "<think>\nseven sixes\n</think>\n\n42"), message("user", "Sure?")]),
    "reasoning": dict(messages=[message("user", "7 * 6?"), message("assistant", "42", reasoning_content="seven sixes")], add_generation_prompt=False),
    "quick": dict(messages=[message("user", "Quickly.")], enable_thinking=False, reasoning_effort="low"),
    "tools": dict(messages=[message("system", "Use tools."), *ASKED], tools=TOOLS),
    "one_tool": dict(messages=ASKED, tools=TOOLS[1:]),
    "call": dict(messages=CALLED, tools=TOOLS, add_generation_prompt=False),
    "answer": dict(messages=ANSWERED, tools=TOOLS),
    "after_answer": dict(messages=ANSWERED + [message("assistant", "The attic is free."), message("user", "Close door 3.")], tools=TOOLS),
    "two_calls": dict(messages=ASKED + [message("assistant", "I look.", tool_calls=[
        call("search_rooms", dict(house="Red House")), call("close_door", dict(id=3, slowly=True), "123456789")]),
        message("tool", "[]", tool_call_id="abcdefghi", name="search_rooms"), message("tool", "done", tool_call_id="123456789", name="close_door")], tools=TOOLS),
    "short_id": dict(messages=ASKED + [message("assistant", "", tool_calls=[call("close_door", dict(id=1.25), "x")])], tools=TOOLS),
    "parts": dict(messages=[message("user", [dict(type="text", text=" What is this? "), dict(type="image")])]),
    "unordered": dict(messages=[message("user", "One."), message("user", "Two.")]),
    "odd_role": dict(messages=[message("user", "One."), message("narrator", "Meanwhile.")]),
    "nothing": dict(messages=[message("user", "")]),
    "documents": dict(messages=[message("user", "Who lives there?")], documents=[
        dict(title="the red house", text="A miller\nand an owl. "), dict(title="the red house", text="Nobody."), dict(title="", text="")]),
}


class Generation(Extension):
    """The tag around what a model said."""

    tags = {"generation"}

    def parse(self, parser):
        line = next(parser.stream).lineno
        body = parser.parse_statements(["name:endgeneration"], drop_needle=True)
        return nodes.CallBlock(self.call_method("_content"), [], [], body).set_lineno(line)

    def _content(self, caller):
        return caller()


def environment():
    made = ImmutableSandboxedEnvironment(trim_blocks=True, lstrip_blocks=True, extensions=[Generation, "jinja2.ext.loopcontrols"])

    def raise_exception(text):
        raise jinja2.exceptions.TemplateError(text)

    def tojson(value, ensure_ascii=False, indent=None, separators=None, sort_keys=False):
        return json.dumps(value, ensure_ascii=ensure_ascii, indent=indent, separators=separators, sort_keys=sort_keys)

    made.filters["tojson"] = tojson
    made.globals["raise_exception"] = raise_exception
    made.globals["strftime_now"] = CLOCK.strftime
    return made


def lines(values, indent):
    """An object with a line for each of its values."""
    inner = ",\n".join(f"{indent}{json.dumps(name)}: {json.dumps(value, ensure_ascii=False, separators=(',', ':'))}" for name, value in values.items())
    return "{\n" + inner + "\n" + indent[:-1] + "}"


def main():
    folder = sys.argv[1]
    cases = {name: dict(dict(add_generation_prompt=True), **case) for name, case in CASES.items()}
    expected, texts = {}, 0
    for path in sorted(glob.glob(f"{folder}/*.jinja")):
        template = environment().from_string(open(path, encoding="utf-8").read())
        rendered = expected[os.path.basename(path)] = {}
        for name, case in cases.items():
            try:
                rendered[name] = dict(text=template.render(**VARIABLES, **json.loads(json.dumps(case))))
                texts += 1
            except Exception as error:
                rendered[name] = dict(error=f"{type(error).__name__}: {error}"[:200])
                print(f"{os.path.basename(path)}, {name}: {rendered[name]['error']}")
    sections = [f'"made_with": {json.dumps("jinja2 " + jinja2.__version__)}', f'"variables": {json.dumps(VARIABLES)}', f'"clock": {json.dumps(CLOCK.isoformat())}']
    sections.append('"cases": ' + lines(cases, "  "))
    sections.append('"expected": {\n' + ",\n".join(f"  {json.dumps(name)}: {lines(rendered, '   ')}" for name, rendered in expected.items()) + "\n }")
    with open(f"{folder}/golden.json", "w", encoding="utf-8") as file:
        file.write("{\n " + ",\n ".join(sections) + "\n}\n")
    print(f"{texts} of {len(cases) * len(expected)} render")


if __name__ == "__main__":
    main()
