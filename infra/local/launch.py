"""Starts the local AWS (ministack) with every change Waybill makes to it; no file of the package is touched.

Listens on 127.0.0.1 only, keeps its files in the folder it is given, and holds the lock `server.lock` there while it lives.

All changes are in this file, each with its reason. They reach into private names, so the version is pinned and each
name is checked: when either is not what was measured, the start is refused instead of running something else.
"""

import argparse
import asyncio
import collections
import contextlib
import fcntl
import importlib.metadata
import inspect
import json
import os
import shutil
import socketserver
import sys
import time
import uuid

PINNED = "1.5.33"


def refuse(why):
    sys.exit(f"local AWS not started: {why}. infra/local/launch.py is written for ministack {PINNED}; see infra/local/README.md.")


def need(owner, name, parameters=None):
    """The private function or value `name`, or an end with one sentence if it is gone or takes other parameters."""
    found = getattr(owner, name, None)
    where = f"{getattr(owner, '__name__', owner)}.{name}"
    if found is None:
        refuse(f"{where} does not exist")
    if parameters is not None and list(inspect.signature(found).parameters) != parameters:
        refuse(f"{where} takes {list(inspect.signature(found).parameters)}, not {parameters}")
    return found


def check_version():
    try:
        version = importlib.metadata.version("ministack")
    except importlib.metadata.PackageNotFoundError:
        refuse("ministack is not installed")
    if version != PINNED:
        refuse(f"ministack {version} is installed")


def faster_runtime_api():
    """Nagle's algorithm off in the Runtime API that the functions poll.

    Reason: it writes header and body separately, so each hop waited 40 ms for an acknowledgement.
    """
    socketserver.StreamRequestHandler.disable_nagle_algorithm = True


def shorter_log_wait(lambda_runtime):
    """After an invocation wait 5 ms for a first log line, not 50.

    Reason: 50 ms on every invocation. Ours log before they answer; a line that comes later is shown with the next one.
    """
    drain = need(lambda_runtime.Worker, "_drain_stderr_bounded", ["self", "first_line_wait", "idle_confirm", "hard_cap"])
    drain.__defaults__ = (0.005, 0.002, 0.050)


def shorter_wake_gap(lambda_svc):
    """After a wake that found nothing to start, look again after 5 ms, not 50.

    Reason: a message that arrives while its function is busy is such a wake, so every step of a chain waited 50 ms.
    """
    need(lambda_svc, "_ESM_IDLE_WAKE_GAP_SECONDS")
    lambda_svc._ESM_IDLE_WAKE_GAP_SECONDS = 0.005


def events_to_logs(eventbridge, logs):
    """A rule's target may be a log group.

    Reason: ministack drops such events with a warning, and the bus's log of facts would be empty.
    """
    invoke = need(eventbridge, "_invoke_target", ["target", "event", "rule", "view"])
    group_of = need(logs, "_resolve_group_by_arn", ["arn"])
    append = need(logs, "_append_log_events", ["stream", "events"])
    groups = need(logs, "_log_groups")
    view_of = need(eventbridge, "_pattern_event_view", ["event"])

    def with_logs(target, event, rule, view=None):
        arn = target.get("Arn", "")
        if ":logs:" not in arn:
            return invoke(target, event, rule, view)
        group = group_of(arn)
        if group is None:
            print(f"EventBridge: the log group of target {arn} does not exist", flush=True)
            return None
        now = int(time.time() * 1000)
        # AWS makes up a stream name for each delivery as well.
        stream = groups[group]["streams"].setdefault(str(uuid.uuid4()), {
            "events": [], "uploadSequenceToken": "1", "creationTime": now, "firstEventTimestamp": None,
            "lastEventTimestamp": None, "lastIngestionTime": None,
        })
        message = json.dumps((view or view_of(event)).event_with_detail())
        append(stream, [{"timestamp": now, "message": message, "ingestionTime": now}])
        return None

    eventbridge._invoke_target = with_logs


def rules_with_retries(eventbridge, lambda_svc):
    """A function that a rule invokes is tried again and reported as its EventInvokeConfig says.

    Reason: ministack does that for other asynchronous invocations, not for rules, and a failed sweep left no dead letter.
    """
    need(eventbridge, "_dispatch_to_lambda", ["arn", "payload"])
    find = need(lambda_svc, "_get_func_record_for_ref", ["function_ref"])
    invoke = need(lambda_svc, "invoke_async_with_retry", ["func", "event"])

    def dispatch(arn, payload):
        function, _, name = find(arn)
        if function is None:
            print(f"EventBridge: function {name} does not exist", flush=True)
        else:
            invoke(function, json.loads(payload))

    eventbridge._dispatch_to_lambda = dispatch


class Faults:
    """Breaks a service of this server on request, and kills functions: for tests.

    Reason: ministack never fails, and what Waybill promises is about services that do. `PUT /_waybill/faults` takes what is broken
    from now on, in place of what was: `{"dynamodb": {"how": "error", "every": 1, "seconds": 60}}`. The services are those of `TARGETS`
    and `streams`, which stops the poller; `how` is `error` (500), `throttle`, or `hang` (no answer while it lasts); `every` n-th request
    is hit; after `seconds` it is over by itself. `POST /_waybill/kill` with `{"function": "intake", "pick": 7}` kills a process by
    SIGKILL and says whose: the 7th, counted around, of those at work, or of all; no `function` means any.
    """

    TARGETS = {"dynamodb": "DynamoDB_", "sqs": "AmazonSQS", "secretsmanager": "secretsmanager", "events": "AWSEvents"}
    HOW = ("error", "throttle", "hang")

    def __init__(self, app_module, lambda_runtime):
        self.app = need(app_module, "app", ["scope", "receive", "send"])
        self.workers, self.lock = need(lambda_runtime, "_workers"), need(lambda_runtime, "_lock")
        self.active = {}  # service -> (how, every, until)
        self.seen = collections.Counter()
        app_module.app = self.serve

    def on(self, service):
        """How the service fails now, if it does."""
        how, _, until = self.active.get(service, (None, 1, 0))
        return how if time.monotonic() < until else None

    def hits(self, service):
        how = self.on(service)
        if how is None:
            return None
        self.seen[service] += 1
        return how if self.seen[service] % self.active[service][1] == 0 else None

    async def serve(self, scope, receive, send):
        if scope["type"] != "http":
            return await self.app(scope, receive, send)
        if scope["path"].startswith("/_waybill/"):
            return await self.control(scope, receive, send)
        target = dict(scope["headers"]).get(b"x-amz-target", b"").decode("latin-1")
        service = next((name for name, prefix in self.TARGETS.items() if target.startswith(prefix)), None)
        how = self.hits(service)
        if how is None:
            return await self.app(scope, receive, send)
        while how == "hang" and self.on(service):
            await asyncio.sleep(0.05)
        status, code = (400, "ThrottlingException") if how == "throttle" else (500, "InternalServerError")
        return await self.answer(send, status, {"__type": code, "message": "a fault that a test asked for"})

    async def control(self, scope, receive, send):
        body, more = b"", True
        while more:
            message = await receive()
            body, more = body + message.get("body", b""), message.get("more_body", False)
        asked = json.loads(body or b"{}")
        if (scope["method"], scope["path"]) == ("POST", "/_waybill/kill"):
            return await self.answer(send, 200, {"killed": self.kill(asked.get("function", ""), asked.get("pick", 0))})
        wrong = [name for name, fault in asked.items() if name not in (*self.TARGETS, "streams") or fault["how"] not in self.HOW]
        if (scope["method"], scope["path"]) != ("PUT", "/_waybill/faults") or wrong:
            return await self.answer(send, 400, {"message": "see infra/local/launch.py"})
        now = time.monotonic()
        self.active = {name: (fault["how"], fault["every"], now + fault["seconds"]) for name, fault in asked.items()}
        self.seen.clear()
        return await self.answer(send, 200, {})

    def kill(self, function, pick):
        """Kills a process that this server started; its name, or nothing if there was none."""
        with self.lock:
            alive = [
                (worker.func_name, worker._proc, worker.in_use) for entries in self.workers.values() for worker in entries
                if getattr(worker, "_proc", None) and worker._proc.poll() is None and worker.func_name.endswith(function)
            ]
        chosen = [entry for entry in alive if entry[2]] or alive
        if not chosen:
            return None
        name, process, _ = sorted(chosen, key=lambda entry: (entry[0], entry[1].pid))[pick % len(chosen)]
        process.kill()
        return name

    @staticmethod
    async def answer(send, status, body):
        headers = [(b"content-type", b"application/json")]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": json.dumps(body).encode()})


class StreamPoller:
    """Polls DynamoDB streams as AWS does, in place of ministack's own poller.

    Reason: that one ignores `batchItemFailures` (a record the relay reported as failed was gone), `MaximumRetryAttempts`
    and `BisectBatchOnFunctionError` (one poisonous record stopped the stream for ever, and the failure destination never
    heard of it), and it runs the function on the thread that polls all queues. Here: one batch at a time per mapping, in
    order; a partial failure moves on to the first failed record; a failing batch is halved if the mapping says so, tried
    again up to the limit, then reported to the failure destination and skipped.
    """

    PAUSE_SECONDS = 1.0

    def __init__(self, lambdas, dynamodb, responses, faults):
        self.faults = faults
        self.lambdas, self.dynamodb = lambdas, dynamodb
        self.account = need(responses, "_request_account_id")
        self.region = need(responses, "_request_region")
        need(lambdas, "_poll_dynamodb_streams", [])
        need(lambdas, "_iter_all_esms", [])
        need(lambdas, "_execute_function", ["func", "event"])
        need(lambdas, "_apply_filter_criteria", ["records", "esm"])
        need(lambdas, "_dispatch_esm_batch", ["esm_id", "fn", "args"])
        need(lambdas, "_get_func_record_for_qualifier", ["name", "qualifier"])
        need(lambdas, "_init_stream_position", ["esm_id", "source_arn", "starting"])
        need(lambdas, "_send_ddb_stream_failure_record", ["esm", "func_rec", "batch", "stream_arn", "result", "condition"])
        for name in ("_esm_inflight", "_esm_backoff_until", "_dynamodb_stream_positions"):
            need(lambdas, name)
        need(dynamodb, "_tables")
        need(dynamodb, "stream_start_position", ["table_name", "account_id", "region"])
        need(dynamodb, "stream_records_since", ["table_name", "position", "limit", "account_id", "region"])
        self.failing = {}  # mapping -> (position, attempts, batch size to try next)
        lambdas._poll_dynamodb_streams = self.poll

    def poll(self):
        took = False
        if self.faults.on("streams"):
            return took
        for account, region, esm in self.lambdas._iter_all_esms():
            if ":dynamodb:" in esm.get("EventSourceArn", "") and esm.get("Enabled", True):
                with self.acting_in(account, region):
                    took = self.take(esm) or took
        return took

    @contextlib.contextmanager
    def acting_in(self, account, region):
        tokens = self.account.set(account), self.region.set(region)
        try:
            yield
        finally:
            self.account.reset(tokens[0])
            self.region.reset(tokens[1])

    def take(self, esm):
        lambdas, key, arn = self.lambdas, esm["UUID"], esm["EventSourceArn"]
        if lambdas._esm_inflight.get(key, 0) or lambdas._esm_backoff_until.get(key, 0) > time.time():
            return False
        name = arn.split("/stream/")[0].split("/")[-1]
        table = self.dynamodb._tables.get(name)
        function, _ = lambdas._get_func_record_for_qualifier(esm["FunctionName"], esm.get("Qualifier"))
        if function is None or not table or table.get("LatestStreamArn") != arn:
            return False
        lambdas._init_stream_position(key, arn, esm.get("StartingPosition", "LATEST"))
        positions = lambdas._dynamodb_stream_positions
        start = max(positions[key], self.dynamodb.stream_start_position(name))
        positions[key] = start
        _, _, limit = self.failing.get(key, (None, 0, esm.get("BatchSize", 100)))
        raw = self.dynamodb.stream_records_since(name, start, limit)
        wanted = lambdas._apply_filter_criteria(raw, esm)
        if not wanted:
            positions[key] = start + len(raw)
            return bool(raw)
        lambdas._dispatch_esm_batch(key, self.run, esm, function, raw, wanted, start)
        return True

    def run(self, esm, function, raw, wanted, start):
        lambdas, key = self.lambdas, esm["UUID"]
        result = lambdas._execute_function(function, {"Records": wanted})
        done = len(raw) if not result.get("error") else 0
        if done and "ReportBatchItemFailures" in esm.get("FunctionResponseTypes", []):
            done = self.first_failed(result.get("body"), raw)
        lambdas._dynamodb_stream_positions[key] = start + done
        if done == len(raw):
            self.failing.pop(key, None)
            esm["LastProcessingResult"] = f"OK - {len(wanted)} records"
            return
        esm["LastProcessingResult"] = "FAILED"
        at, attempts, _ = self.failing.get(key, (start, 0, 0))
        attempts = 1 if done or at != start else attempts + 1
        size = len(raw) - done
        print(f"stream: {esm['FunctionName']} failed at record {start + done}, attempt {attempts}", flush=True)
        if size > 1 and not done and esm.get("BisectBatchOnFunctionError"):
            attempts, size = 0, size // 2
        elif self.exhausted(esm, raw[done:], attempts):
            why = "RetryAttemptsExhausted"
            lambdas._send_ddb_stream_failure_record(esm, function, raw[done:], esm["EventSourceArn"], result, why)
            lambdas._dynamodb_stream_positions[key] = start + len(raw)
            self.failing.pop(key, None)
            return
        self.failing[key] = (start + done, attempts, size)
        lambdas._esm_backoff_until[key] = time.time() + self.PAUSE_SECONDS

    @staticmethod
    def first_failed(body, raw):
        """How many records of the batch are done, by the function's partial batch response."""
        failures = body.get("batchItemFailures") or [] if isinstance(body, dict) else []
        if not failures:
            return len(raw)
        failed = {item.get("itemIdentifier") for item in failures}
        places = [i for i, record in enumerate(raw) if record["dynamodb"]["SequenceNumber"] in failed]
        return min(places, default=0)  # an identifier that names no record fails the whole batch, as on AWS

    @staticmethod
    def exhausted(esm, records, attempts):
        most, oldest = esm.get("MaximumRetryAttempts"), esm.get("MaximumRecordAgeInSeconds")
        if most is not None and 0 <= int(most) < attempts:
            return True
        age = time.time() - float(records[0]["dynamodb"]["ApproximateCreationDateTime"])
        return bool(oldest) and 0 < int(oldest) < age


def take(state):
    """The lock of this instance, held until the process ends however it ends. A look at the lock holds it for a moment too."""
    lock = open(os.path.join(state, "server.lock"), "a")
    until = time.monotonic() + 2
    while True:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return lock
        except BlockingIOError:
            if time.monotonic() > until:
                sys.exit(f"local AWS not started: another one runs in {state}")
            time.sleep(0.02)


def settle_in(state, port):
    """Everything it writes goes below `state`; what an earlier run left in the temporary folder goes away."""
    scratch = os.path.join(state, "tmp")
    shutil.rmtree(scratch, ignore_errors=True)
    os.makedirs(scratch)
    os.environ.update(
        TMPDIR=scratch, STATE_DIR=scratch, S3_DATA_DIR=scratch,
        GATEWAY_PORT=str(port),
        BIND_HOST="127.0.0.1",  # it binds every interface otherwise
        MINISTACK_HOST="127.0.0.1",  # in queue URLs
        AWS_ENDPOINT_URL=f"http://127.0.0.1:{port}",  # given to the functions only if the server itself has it
        AWS_ACCESS_KEY_ID="test", AWS_SECRET_ACCESS_KEY="test",
        MINISTACK_REGION="us-east-1", AWS_REGION="us-east-1", AWS_DEFAULT_REGION="us-east-1",
        IOT_MTLS_ENABLED="0", SFTP_ENABLED="0",  # no listeners beyond the one port
        CLOUDTRAIL_RECORDING="0",
    )


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--state", required=True)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--made-of", default="", help="kept in server.json, for whoever started this to recognise it by")
    options = parser.parse_args()
    check_version()
    lock = take(options.state)
    # A session of its own, so that the terminal's Ctrl-C does not reach it, and a group in which only its functions are.
    os.setsid()
    settle_in(options.state, options.port)
    from ministack import app
    from ministack.core import lambda_runtime, responses
    from ministack.services import cloudwatch_logs, dynamodb, eventbridge, lambda_svc

    faster_runtime_api()
    shorter_log_wait(lambda_runtime)
    shorter_wake_gap(lambda_svc)
    events_to_logs(eventbridge, cloudwatch_logs)
    rules_with_retries(eventbridge, lambda_svc)
    faults = Faults(app, lambda_runtime)
    StreamPoller(lambda_svc, dynamodb, responses, faults)

    described = os.path.join(options.state, "server.json")
    with open(described + ".new", "w", encoding="utf-8") as file:
        json.dump({"pid": os.getpid(), "port": options.port, "made_of": options.made_of}, file)
    os.replace(described + ".new", described)
    sys.argv = ["ministack"]
    app.main()
    lock.close()


if __name__ == "__main__":
    main()
