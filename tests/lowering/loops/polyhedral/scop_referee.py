"""Answers with isl: reads scops, dependences, trees and verdicts as JSON; prints what is wrong, by index."""

import json
import sys

import islpy as isl

STEPS = 5_000_000


def dependences(scop):
    reads, writes = isl.UnionMap(scop["reads"]), isl.UnionMap(scop["writes"])
    schedule = isl.UnionMap(scop["schedule"]).intersect_domain(isl.UnionSet(scop["domain"]))
    earlier = schedule.lex_lt_union_map(schedule)
    meet = lambda a, b: a.apply_range(b.reverse()).intersect(earlier)
    return {"flow": meet(writes, reads), "anti": meet(reads, writes), "output": meet(writes, writes)}


def wrong_answers(question):
    scop = question["scop"]
    domain = isl.UnionSet(scop["domain"])
    exact = dependences(scop)
    for kind, claim in question.get("dependences", {}).items():
        if not exact[kind].is_equal(isl.UnionMap(claim)):
            yield f"{kind} dependences"
    kept = isl.UnionMap(question["kept"]) if "kept" in question else None
    for index, tree in enumerate(question.get("trees", [])):
        times = isl.UnionMap(tree["times"]).intersect_domain(domain)
        if not times.domain().is_equal(domain):
            yield f"tree {index} covers other points"
        wanted = kept if tree.get("kept") else exact["flow"].union(exact["anti"]).union(exact["output"])
        legal = wanted.is_subset(times.lex_lt_union_map(times))
        if legal != tree["legal"]:
            yield f"tree {index} is {'legal' if legal else 'illegal'}"


context = isl.DEFAULT_CONTEXT
context.set_max_operations(STEPS)
wrong, unanswered = [], []
for index, question in enumerate(json.load(sys.stdin)):
    context.reset_operations()
    try:
        answers = list(wrong_answers(question))
        if answers:
            wrong.append([index, answers])
    except isl.Error as error:
        if "maximal number of operations" not in str(error):
            raise
        unanswered.append(index)
print(json.dumps({"wrong": wrong, "unanswered": unanswered}))
