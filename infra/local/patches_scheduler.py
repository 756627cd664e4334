"""What ministack's EventBridge Scheduler does otherwise than AWS: it asks nobody's permission, and fires late."""

import json

SCHEDULER = "ministack.services.scheduler"
EVALUATOR = "ministack.core.iam_evaluator"
PRINCIPAL = "scheduler.amazonaws.com"
# AWS fires within the minute; here nobody waits so long.
SWEEP_SECONDS = 0.5


def name_schedules_by_their_group(original) -> None:
    """A schedule's ARN has its group, which is in the body or the query; ministack takes each for one of `default`."""
    arn_of, replace = original("ministack.core.iam_actions", "extract_resource_arn",
                               "service", "method", "path", "headers", "body", "query_params")

    def with_group(service, method, path, headers, body, query_params, *rest):
        arn = arn_of(service, method, path, headers, body, query_params, *rest)
        if service == "scheduler" and ":schedule/default/" in arn:
            asked = query_params.get("groupName") or [json.loads(body or b"{}").get("GroupName") or "default"]
            group = asked if isinstance(asked, str) else asked[0]
            arn = arn.replace(":schedule/default/", f":schedule/{group}/")
        return arn

    replace(with_group)


def check_roles_of_schedules(original) -> None:
    """Who makes a schedule must be allowed to pass its role, which must trust the scheduler. And AWS's limits."""
    handle, replace = original(SCHEDULER, "handle_request", "method", "path", "headers", "body_bytes", "query_params")
    enforce, _ = original(EVALUATOR, "enforce", "access_key_id", "iam_action", "service", "region")
    denial, _ = original("ministack.core.iam_actions", "access_denied_response",
                         "service", "action", "principal_arn", "request_id")
    key_of, _ = original("ministack.core.router", "extract_access_key_id", "headers", "query_params")
    refusal, _ = original(SCHEDULER, "_error", "status", "code", "message")
    group_arn, _ = original(SCHEDULER, "_group_arn", "name")
    trusts = trust_of(original)

    async def checked(method, path, headers, body, query):
        if method not in ("POST", "PUT") or not path.startswith("/schedules/"):
            return await handle(method, path, headers, body, query)
        asked = json.loads(body)
        target = asked.get("Target") or {}
        if len(path.removeprefix("/schedules/")) > 64 or len((target.get("Input") or "").encode()) > 256 * 1024:
            return refusal(400, "ValidationException", "Name is longer than 64 characters or Input than 256 KB")
        role = target.get("RoleArn", "")
        denied = enforce(key_of(headers, query), "iam:PassRole", "iam", "us-east-1", resource_arn=role,
                         service_context={"iam:PassedToService": PRINCIPAL})
        if denied:
            return denial("scheduler", "iam:PassRole", denied.principal_arn, "", headers=headers)
        if not trusts(role, group_arn(asked.get("GroupName") or "default")):
            return refusal(400, "ValidationException", "The execution role you provide must allow AWS EventBridge "
                           "Scheduler to assume the role.")
        return await handle(method, path, headers, body, query)

    replace(checked)


def trust_of(original):
    """A function that says whether the scheduler may take a role on for schedules of a group."""
    roles, _ = original("ministack.services.iam", "_roles")
    evaluate, _ = original(EVALUATOR, "evaluate_trust_policy", "trust_doc", "caller_arn", "ctx")
    context, _ = original(EVALUATOR, "EvalContext")

    def trusts(role: str, group: str) -> bool:
        found = roles.get(role.rpartition("/")[2])
        if found is None:
            return False
        trust = found["AssumeRolePolicyDocument"]
        trust = json.loads(trust) if isinstance(trust, str) else trust
        named = [each for each in trust["Statement"] if PRINCIPAL in (each.get("Principal") or {}).get("Service", "")]
        account = role.split(":")[4]
        asked = context(principal_arn="", principal_type="Service", principal_account=account, action="sts:AssumeRole",
                        resource_arn=role, region="us-east-1",
                        service_context={"aws:sourcearn": group, "aws:sourceaccount": account})
        # For ministack a service that asks is the account's root.
        return evaluate({"Statement": named}, f"arn:aws:iam::{account}:root", asked)

    return trusts


def send_as_the_role(original) -> None:
    """A schedule sends only what its role may send; what it may not is lost, as on AWS after its retries."""
    invoke, replace = original("ministack.services.eventbridge", "_invoke_target", "target", "event", "rule")
    policies_of, _ = original(EVALUATOR, "_gather_role_policies", "role_name", "account_id")
    evaluate, _ = original(EVALUATOR, "evaluate", "ctx", "policies")
    context, _ = original(EVALUATOR, "EvalContext")

    def as_role(target, event, rule, *rest):
        role, arn = target.get("RoleArn") or "", target.get("Arn") or ""
        if event.get("Source") == "aws.scheduler" and ":sqs:" in arn:
            account = role.split(":")[4]
            asked = context(principal_arn=role, principal_type="AssumedRole", principal_account=account,
                            action="sqs:SendMessage", resource_arn=arn, region="us-east-1")
            if evaluate(asked, policies_of(role.rpartition("/")[2], account)).decision != "Allow":
                print(f"launcher.py: a schedule was lost: {role} may not send to {arn}", flush=True)
                return None
        return invoke(target, event, rule, *rest)

    replace(as_role)


def fire_soon(original) -> None:
    """ministack looks for what is due every ten seconds."""
    _, replace = original(SCHEDULER, "_SCHEDULE_TICK_INTERVAL")
    replace(SWEEP_SECONDS)


def apply(original) -> None:
    """All of them; `original` is that of patches.py."""
    for patch in (name_schedules_by_their_group, check_roles_of_schedules, send_as_the_role, fire_soon):
        patch(original)
