"""template.yaml as plain CloudFormation, offline: what AWS's SAM transform would make of it, in the shape the local AWS takes."""

import json
import os
import platform
import re

from samtranslator.translator.transform import transform
from samtranslator.yaml_helper import yaml_parse

BUCKET = "waybill-code"


class NoManagedPolicies:
    """The translator asks AWS for the names of managed policies; the template names none that need it."""

    @staticmethod
    def load():
        return {}


def read(path):
    with open(path, encoding="utf-8") as file:
        return yaml_parse(file.read())


def functions(template):
    """Logical name -> slug of every function: the slug is the last part of its CodeUri."""
    return {
        name: os.path.basename(str(resource["Properties"]["CodeUri"]).rstrip("/"))
        for name, resource in template["Resources"].items()
        if resource["Type"] == "AWS::Serverless::Function"
    }


def parameters(template, deployment, release):
    """The parameters given to the local stack; the template need not have all of them."""
    machine = "arm64" if platform.machine() in ("arm64", "aarch64") else "x86_64"
    wanted = {"Deployment": deployment, "Release": release, "Architecture": machine}
    return {name: value for name, value in wanted.items() if name in template.get("Parameters", {})}


def numbers(value, known):
    """`value` with each Ref to a Number parameter replaced by its number.

    The local CloudFormation inserts text; a mapping whose MaximumConcurrency is "20" stops the polling of every queue.
    """
    if isinstance(value, dict):
        if list(value) == ["Ref"] and value["Ref"] in known:
            return known[value["Ref"]]
        return {name: numbers(inner, known) for name, inner in value.items()}
    if isinstance(value, list):
        return [numbers(inner, known) for inner in value]
    return value


def expand(template, keys, deployment):
    """The CloudFormation template. `keys` is slug -> S3 key of its zip."""
    for name, slug in functions(template).items():
        template["Resources"][name]["Properties"]["CodeUri"] = {"Bucket": BUCKET, "Key": keys[slug]}
    # The translator looks for a region even offline.
    os.environ.setdefault("AWS_DEFAULT_REGION", "us-east-1")
    plain = transform(template, {}, NoManagedPolicies())
    defaults = {name: made["Default"] for name, made in plain.get("Parameters", {}).items() if made["Type"] == "Number"}
    plain["Resources"] = numbers(plain["Resources"], defaults)
    for name, resource in list(plain["Resources"].items()):
        if resource["Type"] == "AWS::ApiGatewayV2::Api":
            plain["Resources"].update(routes(name, resource["Properties"].pop("Body")))
            resource["Properties"].update(
                ProtocolType="HTTP",
                Name=deployment,
                # ministack's own tag for the id of an API: the address stays the same from start to start.
                Tags={"ms-custom-id": deployment},
            )
            resource["Properties"].pop("FailOnWarnings", None)
        if resource["Type"] == "AWS::CloudWatch::Alarm" and "Metrics" in resource["Properties"]:
            # The local CloudFormation refuses metric math and queries, and nothing here looks at alarms.
            del plain["Resources"][name]
    return plain


def routes(api, body):
    """Integration and route resources for the OpenAPI body, which the local CloudFormation ignores."""
    made = {}
    for path, methods in body["paths"].items():
        for method, operation in methods.items():
            integration = operation["x-amazon-apigateway-integration"]
            uri = integration["uri"]
            function = re.search(r"functions/\$\{(\w+)\.Arn\}", uri["Fn::Sub"] if isinstance(uri, dict) else uri).group(1)
            verb = "ANY" if method == "x-amazon-apigateway-any-method" else method.upper()
            key = "$default" if path == "/$default" else f"{verb} {path}"
            name = f"{api}Local{len(made) // 2}"
            made[f"{name}Integration"] = {
                "Type": "AWS::ApiGatewayV2::Integration",
                "Properties": {
                    "ApiId": {"Ref": api},
                    "IntegrationType": "AWS_PROXY",
                    "IntegrationUri": {"Fn::GetAtt": [function, "Arn"]},
                    "PayloadFormatVersion": integration.get("payloadFormatVersion", "2.0"),
                },
            }
            made[f"{name}Route"] = {
                "Type": "AWS::ApiGatewayV2::Route",
                "Properties": {
                    "ApiId": {"Ref": api},
                    "RouteKey": key,
                    "Target": {"Fn::Sub": f"integrations/${{{name}Integration}}"},
                },
            }
    return made


def text(plain):
    """The template as it is sent; the same template is the same text."""
    return json.dumps(plain, sort_keys=True, separators=(",", ":"))
