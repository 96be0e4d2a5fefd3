"""Runs the runner in Python over several servers side by side, the cases of each one after the other.

python_plan.py PLAN REPORT JOBS TIME_FACTOR: the plan is [{"url": …, "only": [id, …]}, …], the report holds for each
server {"server": {"url"}, "cases": [record, …]}. What it prints to stderr is an accident.
"""
import json
import pathlib
import sys
from concurrent.futures import ThreadPoolExecutor

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "spec-fixtures" / "runners" / "python"))
from handwire_fixtures import Play, Target, load  # noqa: E402


def main(plan, report, jobs, factor):
    """Reads the plan and writes the report, both paths."""
    cases = load()

    def replay(lane):
        target = Target(lane["url"], factor=float(factor))
        records = [Play(cases[one], target).run() for one in lane["only"]]
        return {"server": {"url": lane["url"]}, "cases": records}

    with ThreadPoolExecutor(int(jobs)) as pool:
        reports = list(pool.map(replay, json.loads(pathlib.Path(plan).read_text("utf-8"))))
    pathlib.Path(report).write_text(json.dumps(reports), "utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
