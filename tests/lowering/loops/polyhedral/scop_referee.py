"""Answers with isl: reads a question as JSON from each line, prints an answer as JSON for each; see referee.test.ts.

"wrong" is what a compiler must never say, "cautious" what holds but is less than the truth: a dependence that is not there,
a legal order called illegal. A question that costs isl more than STEPS operations is "unanswered".
"""

import json
import sys

import islpy as isl

STEPS = 5_000_000


def read(question):
    """All texts of a question, read before anything costs: a fault in one of them is a fault of whoever wrote it."""
    scop = {key: isl.UnionMap(text) for key, text in question["scop"].items() if key != "domain"}
    claims = {kind: isl.UnionMap(text) for kind, text in question["dependences"].items()}
    times = [isl.UnionMap(tree["times"]) for tree in question["trees"]]
    return isl.UnionSet(question["scop"]["domain"]), scop, claims, isl.UnionMap(question["kept"]), times


def dependences(scop, domain):
    schedule = scop["schedule"].intersect_domain(domain)
    earlier = schedule.lex_lt_union_map(schedule)
    meet = lambda a, b: a.apply_range(b.reverse()).intersect(earlier)
    reads, writes = scop["reads"], scop["writes"]
    return {"flow": meet(writes, reads), "anti": meet(reads, writes), "output": meet(writes, writes)}


def judged(trees, domain, scop, claims, kept, times):
    """Pairs of a verdict and what it is about."""
    exact = dependences(scop, domain)
    for kind, claimed in claims.items():
        if not exact[kind].is_subset(claimed):
            yield "wrong", f"{kind} dependences lack pairs"
        else:
            yield "agreed" if claimed.is_subset(exact[kind]) else "cautious", f"{kind} dependences"
    every = exact["flow"].union(exact["anti"]).union(exact["output"])
    for tree, time in zip(trees, times):
        time = time.intersect_domain(domain)
        if not time.domain().is_equal(domain):
            yield "wrong", f"{tree['name']} covers other points"
        legal = (kept if tree["reorders"] else every).is_subset(time.lex_lt_union_map(time))
        if tree["legal"] and not legal:
            yield "wrong", f"{tree['name']} is illegal"
        else:
            yield "agreed" if tree["legal"] == legal else "cautious", tree["name"]


context = isl.DEFAULT_CONTEXT
for line in sys.stdin:
    question = json.loads(line)
    context.set_max_operations(0)
    texts = read(question)
    context.set_max_operations(STEPS)
    context.reset_operations()
    answer = []
    try:
        answer.extend(judged(question["trees"], *texts))
    except isl.Error:
        # Out of operations: isl calls that by many names, as whatever it was about to do fails then.
        answer.append(("unanswered", ""))
    print(json.dumps(answer))
