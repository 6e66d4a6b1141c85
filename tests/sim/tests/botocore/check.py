"""Asks the simulated cloud as boto3 does and walks every answer through botocore's models.

An answer with an unknown member, a wrong type or an unknown enum value is a failure.
Usage: check.py ENDPOINT ACTIONS, where ACTIONS is what the cloud has, as service:Action words:
one that was never asked is a failure too.
"""

import base64
import datetime
import json
import sys
import time
import urllib.request
import xml.etree.ElementTree as ElementTree

import botocore.session
from botocore.exceptions import ClientError

ENDPOINT = sys.argv[1]
ACTIONS = set(sys.argv[2].split())
# What AWS answers although its own model does not have it.
NOT_IN_MODELS = {"PRE_PRODUCTION_TRAFFIC_SHIFT"}
CLUSTER = "ecs-canary-test-poc-svc-cluster"
BASE = "arn:aws:elasticloadbalancing:ap-northeast-1:111122223333:"
GROUP = BASE + "targetgroup/ecs-canary-test-poc/0123456789abcdef"

NAMES = {"elbv2": "elasticloadbalancing", "monitoring": "cloudwatch"}
problems = []
seen = set()
kinds = set()


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
            "timestamp": (int, float, datetime.datetime),
        }[kind]
        if not isinstance(value, wanted) or (kind != "boolean" and isinstance(value, bool)):
            complain(where, f"{value!r} is not {kind}")
        enum = getattr(shape, "enum", None)
        if enum and value not in enum and value not in NOT_IN_MODELS:
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
    service = NAMES.get(model.service_model.service_name, model.service_model.service_name)
    seen.add(f"{service}:{model.name}")
    if http_response.status_code >= 300 or model.output_shape is None:
        return
    text = http_response.content
    kind = http_response.headers["content-type"]
    kinds.add(f"{service} {kind}")
    if "json" in kind:
        walk_json(model.output_shape, json.loads(text), model.name)
        return
    if "cbor" in kind:
        # botocore's own reader has refused what is not CBOR; what it read is walked.
        answer = {name: value for name, value in parsed.items() if name != "ResponseMetadata"}
        walk_json(model.output_shape, answer, model.name)
        return
    root = ElementTree.fromstring(text)
    wrapper = model.output_shape.serialization.get("resultWrapper")
    result = next(child for child in root if child.tag.split("}")[-1] == wrapper)
    walk_xml(model.output_shape, result, model.name)


session = botocore.session.get_session()


def speaking(protocol):
    """A session whose CloudWatch speaks one protocol, as older and other SDKs do."""
    made = botocore.session.get_session()
    loader = made.get_component("data_loader")
    load = loader.load_service_model

    def load_one(service, kind, *rest, **more):
        model = load(service, kind, *rest, **more)
        if service == "cloudwatch" and kind == "service-2":
            model = json.loads(json.dumps(model))
            model["metadata"]["protocols"] = [protocol]
            model["metadata"]["protocol"] = protocol
        return model

    loader.load_service_model = load_one
    return made


sessions = {name: speaking(name) for name in ("smithy-rpc-v2-cbor", "json", "query")}


def client(service, protocol=None):
    made = (sessions.get(protocol) or session).create_client(
        service,
        region_name="ap-northeast-1",
        endpoint_url=ENDPOINT,
        aws_access_key_id="AKIASIMULATED0000001",
        aws_secret_access_key="simulated/secret/key",
    )
    made.meta.events.register("after-call", check)
    return made


def control(path, body=None):
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(f"{ENDPOINT}/_sim/{path}", data)
    return json.loads(urllib.request.urlopen(request).read())


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
elb.modify_target_group(TargetGroupArn=canary, HealthCheckIntervalSeconds=10, HealthCheckPath="/up")
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
role = {"RoleArn": "arn:aws:iam::111122223333:role/release", "RoleSessionName": "job"}
sts.assume_role(**role)
claims = {"iss": "https://gitlab.example.com", "aud": "sts.amazonaws.com", "sub": "a",
          "exp": control("clock")["now"] + 3600}
parts = [
    base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=")
    for part in ({"alg": "RS256", "typ": "JWT"}, claims)
]
sts.assume_role_with_web_identity(WebIdentityToken=".".join([*parts, "c2ln"]), **role)


def ask_cloudwatch(cloudwatch, number):
    now = datetime.datetime.now(datetime.timezone.utc)
    name = f"own-{number}"
    dimensions = [{"Name": "Service", "Value": "web"}]
    cloudwatch.put_metric_data(
        Namespace="Shop",
        MetricData=[
            {"MetricName": name, "Dimensions": dimensions, "Timestamp": now, "Value": 2.5},
            {"MetricName": name, "Dimensions": dimensions, "Timestamp": now,
             "Values": [1.0, 2.0], "Counts": [3.0, 1.0], "Unit": "Count"},
        ] + [  # Long enough to be sent packed.
            {"MetricName": f"{name}-{at}", "Dimensions": dimensions, "Value": 1.0}
            for at in range(300)
        ],
    )
    metric = {"Namespace": "Shop", "MetricName": name, "Dimensions": dimensions}
    found = cloudwatch.get_metric_data(
        MetricDataQueries=[
            {"Id": "a", "MetricStat": {"Metric": metric, "Period": 60, "Stat": "Sum"}},
            {"Id": "b", "Expression": "a / 2", "Label": "half"},
        ],
        StartTime=now - datetime.timedelta(minutes=5),
        EndTime=now + datetime.timedelta(minutes=1),
        ScanBy="TimestampAscending",
    )["MetricDataResults"]
    expect([[7.5], [3.75]], [result["Values"] for result in found])
    expect(now.replace(second=0, microsecond=0), found[0]["Timestamps"][0])
    cloudwatch.put_metric_alarm(
        AlarmName=f"alarm-{number}", Threshold=1.0, EvaluationPeriods=1, Period=60,
        ComparisonOperator="GreaterThanThreshold", Statistic="Sum", **metric,
    )
    cloudwatch.set_alarm_state(AlarmName=f"alarm-{number}", StateValue="OK", StateReason="try")
    alarms = cloudwatch.describe_alarms(AlarmNames=[f"alarm-{number}"])["MetricAlarms"]
    # Virtual time is fast: the next evaluation may have come already.
    expect(1, len(alarms))
    both = [f"alarm-{number}", f"users-{number}"]
    cloudwatch.put_composite_alarm(AlarmName=both[1], AlarmRule=f"NOT ALARM({both[0]})")
    found = cloudwatch.describe_alarms(AlarmNames=both, AlarmTypes=["CompositeAlarm", "MetricAlarm"])
    expect([1, 1], [len(found["CompositeAlarms"]), len(found["MetricAlarms"])])
    cloudwatch.delete_alarms(AlarmNames=both)
    cloudwatch.list_metrics(Namespace="Shop", MetricName=name)
    refused("ValidationError", cloudwatch.get_metric_data, MetricDataQueries=[],
            StartTime=now, EndTime=now)


for number, protocol in enumerate(sessions):
    ask_cloudwatch(client("cloudwatch", protocol), number)

# Users in virtual time, through the control API; what they leave is read as the judge reads it.
expect(16, max(group for group, _ in control("scenarios")))
control("scenarios", {"name": "metrics-late-and-corrected", "target": {"service": "web"}})
control("metric-troubles", [])
control("metric-delay", {"lag_seconds": 0, "late_share": 0})
ecs.create_service(
    cluster=CLUSTER,
    serviceName="busy",
    taskDefinition=register("busy"),
    desiredCount=1,
    loadBalancers=[
        {"targetGroupArn": GROUP, "containerName": "canary-test", "containerPort": 80}
    ],
)
control("clock", {"advance_seconds": 120})
control("traffic", {"per_second": 20})
control("clock", {"advance_seconds": 300})
seen_by_users = sum(one["requests"] for one in control("traffic")["by_image"].values())
metric = {
    "Namespace": "AWS/ApplicationELB",
    "MetricName": "RequestCount",
    "Dimensions": [
        {"Name": "LoadBalancer", "Value": "app/ecs-canary-test-poc/50dc6c495c0c9188"},
        {"Name": "TargetGroup", "Value": "targetgroup/ecs-canary-test-poc/0123456789abcdef"},
    ],
}
end = control("clock")["now"]
for protocol in sessions:
    found = client("cloudwatch", protocol).get_metric_data(
        MetricDataQueries=[
            {"Id": "n", "MetricStat": {"Metric": metric, "Period": 60, "Stat": "Sum"}}
        ],
        StartTime=datetime.datetime.fromtimestamp(end - 900, datetime.timezone.utc),
        EndTime=datetime.datetime.fromtimestamp(end + 60, datetime.timezone.utc),
    )["MetricDataResults"][0]
    expect("Complete", found["StatusCode"])
    if sum(found["Values"]) < 5000 or sum(found["Values"]) < seen_by_users:
        complain(protocol, f"{found['Values']} requests are seen, {seen_by_users} were made")

logs = client("logs")
logs.create_log_group(logGroupName="/ecs/mine")
logs.put_retention_policy(logGroupName="/ecs/mine", retentionInDays=7)
logs.describe_log_groups(logGroupNamePrefix="/ecs/")
control("fates", {"image": "app:says", "fate": {"log": ["hello"], "exit": {"code": 2, "after": 5}}})
once = {"cluster": CLUSTER, "taskDefinition": register("says"), "clientToken": "job-1"}
one_off, again = ecs.run_task(**once), ecs.run_task(**once)
expect(one_off["tasks"][0]["taskArn"], again["tasks"][0]["taskArn"])
control("clock", {"advance_seconds": 120})
stream = logs.describe_log_streams(logGroupName="/ecs/x")["logStreams"][-1]["logStreamName"]
logs.get_log_events(logGroupName="/ecs/x", logStreamName=stream, startFromHead=True)
found = logs.filter_log_events(logGroupName="/ecs/x", filterPattern="hello")["events"]
expect("hello", found[0]["message"])
refused("ResourceNotFoundException", logs.get_log_events, logGroupName="no", logStreamName="no")
logs.delete_log_group(logGroupName="/ecs/mine")

# A canary of ECS's own, with a pause before the traffic.
main = elb.create_target_group(Name="main", Protocol="HTTP", Port=80, VpcId="vpc-1")
main = main["TargetGroups"][0]["TargetGroupArn"]
spare = elb.create_target_group(Name="spare", Protocol="HTTP", Port=80, VpcId="vpc-1")
spare = spare["TargetGroups"][0]["TargetGroupArn"]
both = [{"TargetGroupArn": main, "Weight": 1}, {"TargetGroupArn": spare, "Weight": 0}]
rule = elb.create_rule(
    ListenerArn=listener,
    Priority=6,
    Conditions=[{"Field": "path-pattern", "Values": ["/native"]}],
    Actions=[
        {
            "Type": "authenticate-oidc",
            "Order": 1,
            "AuthenticateOidcConfig": {
                "Issuer": "https://login.example.com",
                "AuthorizationEndpoint": "https://login.example.com/a",
                "TokenEndpoint": "https://login.example.com/t",
                "UserInfoEndpoint": "https://login.example.com/u",
                "ClientId": "app",
                "ClientSecret": "secret",
            },
        },
        {
            "Type": "forward",
            "Order": 2,
            "ForwardConfig": {
                "TargetGroups": both,
                "TargetGroupStickinessConfig": {"Enabled": True, "DurationSeconds": 60},
            },
        },
    ],
)["Rules"][0]["RuleArn"]
elb.describe_rules(RuleArns=[rule])
ecs.create_service(
    cluster=CLUSTER,
    serviceName="native",
    taskDefinition=register("n1"),
    desiredCount=1,
    loadBalancers=[
        {
            "targetGroupArn": main,
            "containerName": "canary-test",
            "containerPort": 80,
            "advancedConfiguration": {
                "alternateTargetGroupArn": spare,
                "productionListenerRule": rule,
                "roleArn": "arn:aws:iam::1:role/lb",
            },
        }
    ],
    deploymentConfiguration={
        "strategy": "CANARY",
        "canaryConfiguration": {"canaryPercent": 10.0, "canaryBakeTimeInMinutes": 1},
        "lifecycleHooks": [
            {"targetType": "PAUSE", "lifecycleStages": ["PRE_PRODUCTION_TRAFFIC_SHIFT"]}
        ],
    },
)


def native():
    arn = ecs.describe_services(cluster=CLUSTER, services=["native"])["services"][0]
    found = ecs.describe_service_deployments(
        serviceDeploymentArns=[arn["currentServiceDeployment"]]
    )["serviceDeployments"][0]
    ecs.describe_service_revisions(
        serviceRevisionArns=[found["targetServiceRevision"]["arn"]]
    )
    return found


def until(wanted):
    for _ in range(200):
        found = native()
        hooks = found.get("lifecycleHookDetails", [])
        waiting = [hook["hookId"] for hook in hooks if hook["status"] == "AWAITING_ACTION"]
        if found["status"] == wanted or (wanted == "pause" and waiting):
            return found["serviceDeploymentArn"], waiting
        control("clock", {"advance_seconds": 30})
    raise SystemExit(f"the native deployment never comes to {wanted}: {found}")


until("SUCCESSFUL")
ecs.update_service(cluster=CLUSTER, service="native", taskDefinition=register("n2"))
for _ in range(2):
    arn, (hook,) = until("pause")
    ecs.continue_service_deployment(serviceDeploymentArn=arn, hookId=hook, action="CONTINUE")
    refused("InvalidParameterException", ecs.continue_service_deployment,
            serviceDeploymentArn=arn, hookId=hook)
until("SUCCESSFUL")

scaling = client("application-autoscaling")
service = {
    "ServiceNamespace": "ecs",
    "ResourceId": f"service/{CLUSTER}/native",
    "ScalableDimension": "ecs:service:DesiredCount",
}
scaling.register_scalable_target(
    MinCapacity=1, MaxCapacity=4, SuspendedState={"DynamicScalingInSuspended": True}, **service
)
tracking = {
    "TargetValue": 100.0,
    "PredefinedMetricSpecification": {"PredefinedMetricType": "ALBRequestCountPerTarget"},
}
scaling.put_scaling_policy(
    PolicyName="requests",
    PolicyType="TargetTrackingScaling",
    TargetTrackingScalingPolicyConfiguration=tracking,
    **service,
)
scaling.describe_scalable_targets(ServiceNamespace="ecs")
scaling.describe_scaling_policies(ServiceNamespace="ecs")
scaling.delete_scaling_policy(PolicyName="requests", **service)
scaling.deregister_scalable_target(**service)
iam, secrets, parameters = client("iam"), client("secretsmanager"), client("ssm")
trust = iam.get_role(RoleName="TaskExecRole")["Role"]["AssumeRolePolicyDocument"]
if trust["Statement"][0]["Principal"] != {"Service": ["ecs-tasks.amazonaws.com"]}:
    complain("iam:GetRole", f"botocore reads the policy as {trust}")
refused("NoSuchEntity", iam.get_role, RoleName="nobody")
secrets.describe_secret(SecretId="ecs-canary-poc2")
refused("ResourceNotFoundException", secrets.describe_secret, SecretId="none")
parameters.describe_parameters()
refused("ResourceInUse", elb.delete_target_group, TargetGroupArn=canary)
elb.modify_listener(
    ListenerArn=listener, DefaultActions=[{"Type": "forward", "TargetGroupArn": GROUP}]
)
elb.delete_target_group(TargetGroupArn=canary)

for action in sorted(ACTIONS - seen):
    complain(action, "was never asked")
for problem in sorted(set(problems)):
    print(problem)
print(f"{len(seen)} actions, {len(set(problems))} problems, {', '.join(sorted(kinds))}")
sys.exit(1 if problems else 0)
