"""Asks the simulated cloud as boto3 does and walks every answer through botocore's models.

An answer with an unknown member, a wrong type or an unknown enum value is a failure.
Usage: check.py ENDPOINT
"""

import json
import sys
import time
import urllib.request
import xml.etree.ElementTree as ElementTree

import botocore.session
from botocore.exceptions import ClientError

ENDPOINT = sys.argv[1]
CLUSTER = "ecs-canary-test-poc-svc-cluster"
BASE = "arn:aws:elasticloadbalancing:ap-northeast-1:111122223333:"
GROUP = BASE + "targetgroup/ecs-canary-test-poc/0123456789abcdef"

problems = []
seen = set()


def complain(where, what):
    problems.append(f"{where}: {what}")


def walk_json(shape, value, where):
    kind = shape.type_name
    if kind == "structure":
        if not isinstance(value, dict):
            return complain(where, f"{value!r} is not a structure")
        for name, member in value.items():
            if name not in shape.members:
                complain(where, f"unknown member {name}")
            else:
                walk_json(shape.members[name], member, f"{where}.{name}")
        for name in shape.required_members:
            if name not in value:
                complain(where, f"required member {name} is missing")
    elif kind == "list":
        if not isinstance(value, list):
            return complain(where, f"{value!r} is not a list")
        for item in value:
            walk_json(shape.member, item, where + "[]")
    elif kind == "map":
        for item in value.values():
            walk_json(shape.value, item, where + "{}")
    else:
        wanted = {
            "string": str,
            "integer": int,
            "long": int,
            "double": (int, float),
            "float": (int, float),
            "boolean": bool,
            "timestamp": (int, float),
        }[kind]
        if not isinstance(value, wanted) or (kind != "boolean" and isinstance(value, bool)):
            complain(where, f"{value!r} is not {kind}")
        enum = getattr(shape, "enum", None)
        if enum and value not in enum:
            complain(where, f"{value!r} is none of {enum}")


def walk_xml(shape, node, where):
    kind = shape.type_name
    children = [(child.tag.split("}")[-1], child) for child in node]
    if kind == "structure":
        for name, child in children:
            if name not in shape.members:
                complain(where, f"unknown member {name}")
            else:
                walk_xml(shape.members[name], child, f"{where}.{name}")
        for name in shape.required_members:
            if name not in dict(children):
                complain(where, f"required member {name} is missing")
    elif kind == "list":
        for name, child in children:
            if name != "member":
                complain(where, f"list item is {name}")
            walk_xml(shape.member, child, where + "[]")
    else:
        text = node.text or ""
        if children:
            complain(where, "has elements but is a scalar")
        try:
            if kind in ("integer", "long"):
                int(text)
        except ValueError:
            complain(where, f"{text!r} is not {kind}")
        if kind == "boolean" and text not in ("true", "false"):
            complain(where, f"{text!r} is not boolean")
        enum = getattr(shape, "enum", None)
        if enum and text not in enum:
            complain(where, f"{text!r} is none of {enum}")


def check(http_response, parsed, model, **_):
    seen.add(model.name)
    if http_response.status_code >= 300 or model.output_shape is None:
        return
    text = http_response.content
    if "json" in model.metadata["protocol"]:
        walk_json(model.output_shape, json.loads(text), model.name)
        return
    root = ElementTree.fromstring(text)
    wrapper = model.output_shape.serialization.get("resultWrapper")
    result = next(child for child in root if child.tag.split("}")[-1] == wrapper)
    walk_xml(model.output_shape, result, model.name)


session = botocore.session.get_session()


def client(service):
    made = session.create_client(
        service,
        region_name="ap-northeast-1",
        endpoint_url=ENDPOINT,
        aws_access_key_id="AKIASIMULATED0000001",
        aws_secret_access_key="simulated/secret/key",
    )
    made.meta.events.register("after-call", check)
    return made


def control(path, body):
    request = urllib.request.Request(f"{ENDPOINT}/_sim/{path}", json.dumps(body).encode())
    urllib.request.urlopen(request).read()


ecs, elb, sts = client("ecs"), client("elbv2"), client("sts")


def register(tag, **more):
    container = {
        "name": "canary-test",
        "image": f"registry.example.com/app:{tag}",
        "memory": 128,
        "portMappings": [{"containerPort": 80}],
        "logConfiguration": {"logDriver": "awslogs", "options": {"awslogs-group": "/ecs/x"}},
        "healthCheck": {"command": ["CMD", "true"], "interval": 5},
        "secrets": [{"name": "A", "valueFrom": "arn:aws:ssm:::x"}],
    }
    container.update(more)
    answer = ecs.register_task_definition(
        family="release",
        containerDefinitions=[container],
        executionRoleArn="TaskExecRole",
        tags=[{"key": "commit", "value": tag}],
    )
    return answer["taskDefinition"]["taskDefinitionArn"]


def describe():
    answer = ecs.describe_services(cluster=CLUSTER, services=["release"], include=["TAGS"])
    return answer["services"][0]


def settle():
    for _ in range(2000):
        arn = describe()["currentServiceDeployment"]
        found = ecs.describe_service_deployments(serviceDeploymentArns=[arn, arn + "x"])
        deployment = found["serviceDeployments"][0]
        elb.describe_target_health(TargetGroupArn=GROUP)
        arns = [target["arn"] for target in deployment["sourceServiceRevisions"]]
        arns.append(deployment["targetServiceRevision"]["arn"])
        ecs.describe_service_revisions(serviceRevisionArns=arns)
        for status in ("RUNNING", "STOPPED"):
            tasks = ecs.list_tasks(cluster=CLUSTER, desiredStatus=status)["taskArns"]
            if tasks:
                ecs.describe_tasks(cluster=CLUSTER, tasks=tasks, include=["TAGS"])
        if deployment["status"] in ("SUCCESSFUL", "STOPPED", "ROLLBACK_SUCCESSFUL"):
            return deployment["status"]
        time.sleep(0.005)
    raise SystemExit("the deployment does not end")


def expect(wanted, found):
    if wanted != found:
        complain("expected", f"{wanted!r}, found {found!r}")


def refused(code, call, **request):
    try:
        call(**request)
        complain(code, "was not refused")
    except ClientError as error:
        expect(code, error.response["Error"]["Code"])


ecs.create_cluster(clusterName="other", tags=[{"key": "a", "value": "b"}])
ecs.describe_clusters(clusters=[CLUSTER, "missing"], include=["TAGS", "SETTINGS"])
ecs.list_clusters()
first = register("1")
ecs.describe_task_definition(taskDefinition=first, include=["TAGS"])
ecs.list_task_definitions(familyPrefix="release", sort="DESC")
ecs.list_task_definition_families()
ecs.list_account_settings(effectiveSettings=True)
ecs.create_service(
    cluster=CLUSTER,
    serviceName="release",
    taskDefinition=first,
    desiredCount=2,
    loadBalancers=[
        {"targetGroupArn": GROUP, "containerName": "canary-test", "containerPort": 80}
    ],
    deploymentConfiguration={
        "deploymentCircuitBreaker": {"enable": True, "rollback": True},
        "alarms": {"alarmNames": ["high"], "enable": True, "rollback": True},
    },
    tags=[{"key": "team", "value": "web"}],
    enableECSManagedTags=True,
    propagateTags="SERVICE",
)
expect("SUCCESSFUL", settle())
ecs.list_services(cluster=CLUSTER)
ecs.list_service_deployments(cluster=CLUSTER, service="release", createdAt={"after": 0})
arn = describe()["serviceArn"]
ecs.tag_resource(resourceArn=arn, tags=[{"key": "x", "value": "y"}])
ecs.list_tags_for_resource(resourceArn=arn)
ecs.untag_resource(resourceArn=arn, tagKeys=["x"])
control("fates", {"image": "app:2", "fate": {"exit": {"code": 1}}})
ecs.update_service(cluster=CLUSTER, service="release", taskDefinition=register("2"))
expect("ROLLBACK_SUCCESSFUL", settle())
expect("release:1", describe()["taskDefinition"].split("/")[-1])
ecs.update_service(cluster=CLUSTER, service="release", taskDefinition=register("3"))
ecs.stop_service_deployment(
    serviceDeploymentArn=describe()["currentServiceDeployment"], stopType="ROLLBACK"
)
expect("ROLLBACK_SUCCESSFUL", settle())
# The stock waiter needs one deployment and equal counts.
waiter = ecs.get_waiter("services_stable")
waiter.config.delay = 1
waiter.wait(cluster=CLUSTER, services=["release"])
run = ecs.run_task(cluster=CLUSTER, taskDefinition=first, count=2)
ecs.stop_task(cluster=CLUSTER, task=run["tasks"][0]["taskArn"], reason="enough")
refused("ClusterNotFoundException", ecs.describe_services, cluster="no", services=["a"])
refused("ServiceNotFoundException", ecs.update_service, cluster=CLUSTER, service="no")
refused("ClientException", ecs.describe_task_definition, taskDefinition="no")
refused("InvalidParameterException", ecs.delete_service, cluster=CLUSTER, service="release")
ecs.delete_service(cluster=CLUSTER, service="release", force=True)
ecs.deregister_task_definition(taskDefinition=first)

made = elb.create_target_group(Name="canary", Protocol="HTTP", Port=80, VpcId="vpc-1")
canary = made["TargetGroups"][0]["TargetGroupArn"]
balancers = elb.describe_load_balancers()["LoadBalancers"]
elb.create_load_balancer(Name="second", Subnets=["subnet-1", "subnet-2"])
listeners = elb.describe_listeners(LoadBalancerArn=balancers[0]["LoadBalancerArn"])["Listeners"]
listener = listeners[0]["ListenerArn"]
forward = [
    {
        "Type": "forward",
        "ForwardConfig": {
            "TargetGroups": [
                {"TargetGroupArn": GROUP, "Weight": 90},
                {"TargetGroupArn": canary, "Weight": 10},
            ]
        },
    }
]
rule = elb.create_rule(
    ListenerArn=listener,
    Priority=5,
    Conditions=[{"Field": "path-pattern", "Values": ["/*"]}],
    Actions=forward,
)["Rules"][0]["RuleArn"]
elb.modify_rule(RuleArn=rule, Actions=forward)
elb.describe_rules(ListenerArn=listener)
elb.describe_target_groups(TargetGroupArns=[canary])
elb.create_listener(
    LoadBalancerArn=balancers[0]["LoadBalancerArn"],
    Protocol="HTTP",
    Port=81,
    DefaultActions=[{"Type": "forward", "TargetGroupArn": GROUP}],
)
elb.modify_listener(ListenerArn=listener, DefaultActions=forward)
elb.modify_target_group_attributes(
    TargetGroupArn=canary,
    Attributes=[{"Key": "deregistration_delay.timeout_seconds", "Value": "5"}],
)
elb.describe_target_group_attributes(TargetGroupArn=canary)
elb.add_tags(ResourceArns=[canary], Tags=[{"Key": "a", "Value": "b"}])
elb.describe_tags(ResourceArns=[canary, listener])
elb.remove_tags(ResourceArns=[canary], TagKeys=["a"])
refused("RuleNotFound", elb.modify_rule, RuleArn="no", Actions=forward)
elb.delete_rule(RuleArn=rule)
sts.get_caller_identity()
refused("AccessDenied", sts.assume_role, RoleArn="arn:aws:iam::1:role/no", RoleSessionName="job")

for problem in sorted(set(problems)):
    print(problem)
print(f"{len(seen)} actions, {len(set(problems))} problems")
sys.exit(1 if problems else 0)
