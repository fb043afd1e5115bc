"""Answers with isl: reads questions as JSON, prints which claimed answers are wrong and which isl gave up on, by index."""

import json
import sys

import islpy as isl

# isl's own count of steps; nearly every question takes far fewer.
STEPS = 2_000_000


def agrees(question):
    op, given, claim = question["op"], question["given"], question["claim"]
    first = isl.Map(given[0]) if "->" in given[0].split("{")[1] else isl.Set(given[0])
    if op == "empty":
        return first.is_empty() == claim
    if op == "equal":
        return first.is_equal(isl.Set(given[1])) == claim
    if op == "project":
        # isl forgets the name of a tuple that loses dims.
        answer = first.project_out(isl.dim_type.set, 0, 2).set_tuple_name("S")
    elif op == "subtract":
        answer = first.subtract(isl.Set(given[1]))
    elif op == "compose":
        answer = first.apply_range(isl.Map(given[1]))
    else:
        raise ValueError(op)
    return answer.is_equal(type(answer)(claim))


context = isl.DEFAULT_CONTEXT
context.set_max_operations(STEPS)
wrong, unanswered = [], []
for index, question in enumerate(json.load(sys.stdin)):
    context.reset_operations()
    try:
        if not agrees(question):
            wrong.append(index)
    except isl.Error as error:
        if "maximal number of operations" not in str(error):
            raise
        unanswered.append(index)
print(json.dumps({"wrong": wrong, "unanswered": unanswered}))
