"""What the SAM CLI's own code makes of a template for its local commands, as JSON: the function of each route, and the variables of each function.
`python3 sam_sees.py TEMPLATE [ENVIRONMENT_FILE]`, with the SAM CLI's packages on PYTHONPATH; needs no Docker."""

import json
import logging
import sys

from samcli.commands.local.cli_common.invoke_context import InvokeContext
from samcli.commands.local.lib.local_lambda import LocalLambdaRunner
from samcli.lib.providers.api_provider import ApiProvider
from samcli.lib.providers.sam_function_provider import SamFunctionProvider
from samcli.lib.providers.sam_stack_provider import SamLocalStackProvider

logging.disable(logging.CRITICAL)
template, file = sys.argv[1], sys.argv[2] if len(sys.argv) > 2 else None
stacks, _ = SamLocalStackProvider.get_stacks(template)
functions = SamFunctionProvider(stacks)
runner = LocalLambdaRunner(local_runtime=None, function_provider=functions, cwd=".", real_path=".", env_vars_values=InvokeContext._get_env_vars_value(file))
routes = {f"{method} {route.path}": route.function_name for route in ApiProvider(stacks).api.routes for method in route.methods}
variables = {function.name: runner._make_env_vars(function).resolve() for function in functions.get_all()}
print(json.dumps({"routes": routes, "variables": variables}))
