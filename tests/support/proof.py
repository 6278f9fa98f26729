"""What every proof prints: one line for each thing it must show."""
import json
import sys


class Proof:
    def __init__(self, as_json):
        self.as_json = as_json
        self.failed = False

    def item(self, name, figure, limit, met):
        self.failed |= not met
        if self.as_json:
            print(json.dumps({"name": name, "figure": figure, "limit": limit, "met": bool(met)}))
        else:
            print(f"{'met    ' if met else 'NOT MET'}  {name}: {figure}  (must: {limit})")
        sys.stdout.flush()
