"""What ministack does otherwise than AWS and what is small enough to put right (docs/local-differences.md).

Each patch first checks that what it replaces still looks as it did in the pinned version.
"""

import asyncio
import contextvars
import importlib
import inspect
import os
import signal
import socketserver
import sys

import patches_email
import patches_scheduler

PINNED = "1.5.33"
KIB = 1024


def original(module: str, path: str, *parameters: str):
    """What `path` in `module` is, checked to take `parameters` first; and a function that replaces it."""
    owner = importlib.import_module(module)
    *parents, name = path.split(".")
    try:
        for parent in parents:
            owner = getattr(owner, parent)
        value = getattr(owner, name)
        found = list(inspect.signature(value).parameters)[: len(parameters)] if parameters else []
    except AttributeError:
        found = None
    if found != list(parameters):
        sys.exit(f"patches.py: {module}.{path} is not what it was in ministack {PINNED}; adapt its patch")
    return value, lambda replacement: setattr(owner, name, replacement)


def answer_functions_at_once() -> None:
    """Without this an invocation takes 97 ms; with it, 6."""
    # The Runtime API answers /next in two small sends, so Nagle's algorithm waits 44 ms for a delayed ACK.
    socketserver.StreamRequestHandler.disable_nagle_algorithm = True
    # After every invocation it waits 50 ms for a first line of log. Ours are printed as they come.
    drain, _ = original("ministack.core.lambda_runtime", "Worker._drain_stderr_bounded",
                        "self", "first_line_wait", "idle_confirm", "hard_cap")
    drain.__defaults__ = (0.003, 0.001, 0.250)


def stop_at_once() -> None:
    """When told to stop: the functions first, and no new ones; then the server, without waiting for open sockets.

    Otherwise closing the sockets starts $disconnect functions, which try for seconds to reach what is no longer there.
    """
    config, _ = original("hypercorn.config", "Config")
    serve, replace_serve = original("hypercorn.asyncio", "serve", "app", "config")
    stop_functions, _ = original("ministack.core.lambda_runtime", "reset")
    _, replace_acquire = original("ministack.services.lambda_svc", "acquire_worker", "func_name", "config", "code_zip")
    config.graceful_timeout = 0.3

    async def serve_until_told(app, config):
        told = asyncio.Event()
        for each in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(each, told.set)

        async def functions_ended():
            await told.wait()
            replace_acquire(lambda *arguments, **named: (None, "func_cap"))
            await asyncio.to_thread(stop_functions)

        await serve(app, config, shutdown_trigger=functions_ended)

    replace_serve(serve_until_told)


def print_function_logs() -> None:
    """Every line a function writes, as it comes."""
    pump, replace = original("ministack.core.lambda_runtime", "ProvidedWorker._pump_output", "self", "stream", "log_queue")
    prefix = os.environ["STACK_NAME"] + "-"

    class Tee:
        def __init__(self, stream, name):
            self.stream, self.name = stream, name.encode()

        def readline(self):
            line = self.stream.readline()
            if line:
                try:
                    # One write, so that lines of several functions do not mix.
                    os.write(1, b"lambda|%s|%s\n" % (self.name, line.rstrip(b"\r\n")))
                except OSError:
                    pass  # whoever read us has gone; the function must not hang on its full pipe
            return line

        def close(self):
            self.stream.close()

    replace(lambda self, stream, log_queue:
            pump(self, Tee(stream, self.func_name.removeprefix(prefix)), log_queue))


def tell_functions_how_to_log() -> None:
    """Lambda hands its LoggingConfig to the function by these variables."""
    environment, replace = original("ministack.services.lambda_svc", "_provided_worker_env", "config", "code_dir", "port")

    def with_logging(config, code_dir, port):
        variables = environment(config, code_dir, port)
        logging = config.get("LoggingConfig") or {}
        group = logging.get("LogGroup")
        variables["AWS_LAMBDA_LOG_FORMAT"] = logging.get("LogFormat") or "Text"
        variables["AWS_LAMBDA_LOG_LEVEL"] = logging.get("ApplicationLogLevel") or "INFO"
        variables["AWS_LAMBDA_LOG_GROUP_NAME"] = group or f"/aws/lambda/{config.get('FunctionName')}"
        return variables

    replace(with_logging)


def read_concurrency_as_a_number() -> None:
    """A template's parameter is text, also where it is a Number, and the poller of queues ends over that."""
    concurrency, replace = original("ministack.services.lambda_svc", "_sqs_esm_concurrency", "esm", "func_rec", "config")

    def of_number(esm, *rest, **named):
        scaling = {name: int(value) for name, value in (esm.get("ScalingConfig") or {}).items()}
        return concurrency({**esm, "ScalingConfig": scaling}, *rest, **named)

    replace(of_number)


def know_batches_as_iam_does() -> None:
    """IAM has no action of its own for SQS's batch calls: sqs:SendMessage covers SendMessageBatch."""
    action_of, replace = original("ministack.core.iam_actions", "extract_iam_action", "service")

    def without_batch(service, *arguments, **named):
        action = action_of(service, *arguments, **named)
        return action.removesuffix("Batch") if service == "sqs" and action else action

    replace(without_batch)


def read_cors_from_the_template() -> None:
    """CloudFormation's property names begin with a capital, the API's do not; ministack stores those and reads these."""
    api = "ministack.services.apigateway"
    for name in ("_cors_response_headers", "_cors_preflight_response"):
        answer, replace = original(api, name, "cors_cfg", "origin")
        replace(lambda cors, origin, answer=answer:
                answer({key[:1].lower() + key[1:]: value for key, value in (cors or {}).items()}, origin))


def refuse_handshakes_as_aws_does() -> None:
    """An authorizer that raises exactly `Unauthorized` means 401; any other failure stays 500."""
    unauthorized = contextvars.ContextVar("unauthorized", default=False)
    api = "ministack.services.apigateway"
    run, replace_run = original(api, "run_reentrant")
    authorize, replace_authorize = original(api, "_authorize_ws_connect", "api_id", "route", "request_context")

    async def noticing(function, *arguments, **named):
        result = await run(function, *arguments, **named)
        if named.get("thread_name") == "ministack-apigw-authorizer" and isinstance(result, dict) and result.get("error"):
            body = result.get("body")
            unauthorized.set(isinstance(body, dict) and body.get("errorMessage") == "Unauthorized")
        return result

    async def with_401(*arguments, **named):
        unauthorized.set(False)
        refusal, context = await authorize(*arguments, **named)
        if refusal and refusal[0] == 500 and unauthorized.get():
            refusal = (401, "Unauthorized")
        return refusal, context

    replace_run(noticing)
    replace_authorize(with_401)


def say_when_a_socket_connected() -> None:
    """connectedAt is the handshake's time in every event of a connection, and events say their direction."""
    context_of, replace = original("ministack.services.apigateway", "_ws_request_context", "api_id", "route_key", "stage",
                                   "connection_id", "event_type")
    connected: dict[str, int] = {}

    def with_time(api_id, route_key, stage, connection_id, event_type, *rest):
        context = context_of(api_id, route_key, stage, connection_id, event_type, *rest)
        context["connectedAt"] = connected.setdefault(connection_id, context["connectedAt"])
        context["messageDirection"] = "IN"
        if event_type == "DISCONNECT":
            connected.pop(connection_id)
        return context

    replace(with_time)


def limit_websockets() -> None:
    """API Gateway's limits: a frame from a client over 32 KiB closes with 1009, a post over 128 KiB is refused with 413.

    A client that splits a message into frames, as AWS allows up to 128 KiB, cannot be told from one that does not: closed.
    """
    api = "ministack.services.apigateway"
    handle, replace_handle = original(api, "handle_websocket", "scope", "receive", "send", "api_id")
    post, replace_post = original(api, "handle_connections_api", "method", "api_id", "stage", "connection_id", "body")

    async def with_frame_limit(scope, receive, send, *arguments, **named):
        async def limited():
            message = await receive()
            data = message.get("bytes") or (message.get("text") or "").encode()
            if message.get("type") == "websocket.receive" and len(data) > 32 * KIB:
                await send({"type": "websocket.close", "code": 1009})
                return {"type": "websocket.disconnect", "code": 1009}
            return message

        await handle(scope, limited, send, *arguments, **named)

    async def with_post_limit(method, api_id, stage, connection_id, body, headers):
        if method == "POST" and len(body or b"") > 128 * KIB:
            return 413, {"Content-Type": "application/json", "x-amzn-ErrorType": "PayloadTooLargeException"}, \
                b'{"message": "PayloadTooLargeException"}'
        return await post(method, api_id, stage, connection_id, body, headers)

    replace_handle(with_frame_limit)
    replace_post(with_post_limit)


def apply() -> None:
    """All of them."""
    for patch in (
        answer_functions_at_once, stop_at_once, print_function_logs, tell_functions_how_to_log,
        read_concurrency_as_a_number, know_batches_as_iam_does, read_cors_from_the_template, refuse_handshakes_as_aws_does,
        say_when_a_socket_connected, limit_websockets,
    ):
        patch()
    patches_email.apply(original)
    patches_scheduler.apply(original)
