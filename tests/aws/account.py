"""The emulated account's process. It ends when its standard input does: with the program that started it, however that ends."""

import os
import sys
import threading

import ministack.app
import ministack.core.iam_actions as iam_actions
import ministack.services.cloudformation.provisioners as provisioners

# IAM knows no actions for the batches of SQS: who may send, receive or delete a message may do so with ten ("Actions, resources, and condition keys for Amazon SQS").
# The emulator asks for `sqs:SendMessageBatch`, which no policy can allow.
BATCHES = {"SendMessageBatch": "SendMessage", "DeleteMessageBatch": "DeleteMessage", "ChangeMessageVisibilityBatch": "ChangeMessageVisibility"}
as_it_is_called = iam_actions._action_from_target


def as_iam_calls_it(headers):
    action = as_it_is_called(headers)
    return BATCHES.get(action, action)


# CloudFormation's alarms may stand on a calculation over several metrics ("AWS::CloudWatch::Alarm", `Metrics`). The emulator keeps no calculation: it gets the first of them.
alarm_of_one_metric = provisioners._cw_metric_alarm_record


def alarm_of_several_metrics(name, props):
    stat = next((metric["MetricStat"] for metric in props.get("Metrics") or [] if "MetricStat" in metric), None)
    if stat is None:
        return alarm_of_one_metric(name, props)
    others = {key: value for key, value in props.items() if key != "Metrics"}
    return alarm_of_one_metric(name, {**others, **stat["Metric"], "Statistic": stat["Stat"], "Period": stat["Period"]})


provisioners._cw_metric_alarm_record = alarm_of_several_metrics


def end_with_the_parent():
    sys.stdin.buffer.read()
    os._exit(0)


iam_actions._action_from_target = as_iam_calls_it
threading.Thread(target=end_with_the_parent, daemon=True).start()
sys.argv = ["ministack"]
ministack.app.main()
