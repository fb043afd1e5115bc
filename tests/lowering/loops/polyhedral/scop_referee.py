"""Answers with isl: reads a question as JSON from each line, prints an answer as JSON for each; see referee.test.ts.

"wrong" is what a compiler must never say, "cautious" what holds but is less than the truth: a dependence that is not there,
a legal order called illegal. A question that costs isl more than STEPS operations is "unanswered".
"""

import json
import sys

import islpy as isl

STEPS = 5_000_000


def dependences(scop, domain):
    reads, writes = isl.UnionMap(scop["reads"]), isl.UnionMap(scop["writes"])
    schedule = isl.UnionMap(scop["schedule"]).intersect_domain(domain)
    earlier = schedule.lex_lt_union_map(schedule)
    meet = lambda a, b: a.apply_range(b.reverse()).intersect(earlier)
    return {"flow": meet(writes, reads), "anti": meet(reads, writes), "output": meet(writes, writes)}


def judged(question):
    """Pairs of a verdict and what it is about."""
    scop = question["scop"]
    domain = isl.UnionSet(scop["domain"])
    exact = dependences(scop, domain)
    for kind, claim in question["dependences"].items():
        claimed = isl.UnionMap(claim)
        if not exact[kind].is_subset(claimed):
            yield "wrong", f"{kind} dependences lack pairs"
        else:
            yield "agreed" if claimed.is_subset(exact[kind]) else "cautious", f"{kind} dependences"
    every = exact["flow"].union(exact["anti"]).union(exact["output"])
    kept = isl.UnionMap(question["kept"])
    for tree in question["trees"]:
        times = isl.UnionMap(tree["times"]).intersect_domain(domain)
        if not times.domain().is_equal(domain):
            yield "wrong", f"{tree['name']} covers other points"
        legal = (kept if tree["reorders"] else every).is_subset(times.lex_lt_union_map(times))
        if tree["legal"] and not legal:
            yield "wrong", f"{tree['name']} is illegal"
        else:
            yield "agreed" if tree["legal"] == legal else "cautious", tree["name"]


context = isl.DEFAULT_CONTEXT
context.set_max_operations(STEPS)
for line in sys.stdin:
    context.reset_operations()
    try:
        answer = list(judged(json.loads(line)))
    except isl.Error as error:
        if "maximal number of operations" not in str(error):
            raise
        answer = [("unanswered", "")]
    print(json.dumps(answer))
