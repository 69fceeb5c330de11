"""The strict simulator of Salesforce as an org in which nobody has made a field: its configuration can add fields, not take them away."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(sys.argv.pop(1))))
import salesforce  # noqa: E402
import simlib  # noqa: E402

salesforce.DEFAULT_CONFIG["custom_fields"] = {}
sys.exit(simlib.main(salesforce.Salesforce))
