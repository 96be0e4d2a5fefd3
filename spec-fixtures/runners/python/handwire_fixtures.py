#!/usr/bin/env python3
"""Replays the HTTP cases of spec-fixtures against an MCP server; README.md beside this says how.
What it must do, and the words for it, are in ../../README.md. A name that nobody gave (of a capture, stream
or session) is a KeyError, and so ends the case as `error`.
"""
import argparse, codecs, http.client, json, pathlib, re, socket, sys, threading, time, urllib.parse
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from types import SimpleNamespace

CORPUS = pathlib.Path(__file__).resolve().parents[2]
SCHEMA = json.loads((CORPUS / "schema-2025-06-18.json").read_text("utf-8"))["definitions"]
MISSING = object()  # a member that is not there; None is null
TYPES = {str: "string", bool: "boolean", dict: "object", list: "array", type(None): "null", int: "integer",
         float: "number"}
JSON = tuple(TYPES)

def read_json(text):  # MISSING when it is no JSON (`int` refuses NaN and Infinity)
    def number(digits):  # as ECMAScript has it: a double, but written as an integer where it is one
        value = float(digits)
        return int(value) if value.is_integer() and abs(value) < 1e21 else value
    try:
        return json.loads(text, parse_int=number, parse_float=number, parse_constant=int)
    except (TypeError, ValueError, RecursionError):
        return MISSING
def write_json(value, sort=False):
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=sort, default=id)
def text_of(value):
    return value if isinstance(value, str) else write_json(value)
def equal(one, other):
    return write_json(one, sort=True) == write_json(other, sort=True)
def present(**members):
    return {name: value for name, value in members.items() if value is not MISSING}
def is_of(kinds, value):  # a type or several, as JSON Schema names them
    kind, kinds = TYPES.get(type(value)), [kinds] if isinstance(kinds, str) else kinds
    return "any" in kinds or kind in kinds or (kind == "integer" and "number" in kinds)
def at(pointer, value, default=MISSING):  # a JSON pointer
    with suppress(LookupError, TypeError, ValueError):
        for part in pointer.split("/")[1:]:
            key = part.replace("~1", "/").replace("~0", "~")
            value = value[int(key) if isinstance(value, list) else key]
        return value
    return default
def every(pointer, items):
    return [at(pointer, item) for item in items]
def everywhere(name, value):  # the members of that name, at whatever depth
    for key, item in value.items() if isinstance(value, dict) else enumerate(value):
        yield from [item] if key == name else []
        yield from everywhere(name, item) if isinstance(item, (dict, list)) else []
def search(source, text):  # Python's `$` would fit before a line end, too
    return re.search(re.sub(r"(?<!\\)\$(?=$|[)|])", r"\\Z", source), text, re.ASCII) is not None
def within(bounds, size):
    return (bounds[0] is None or size >= bounds[0]) and (bounds[1] is None or size <= bounds[1])
def rising(values):
    return all(is_of("number", one) for one in values) and values == sorted(set(values))
def distinct(values):
    texts = [write_json(one, sort=True) for one in values if one is not MISSING]
    return len(texts) == len(set(texts))

MATCHERS = {  # what values they are for; what they say of the operand, the value and what is remembered
    "$absent": (object, lambda absent, value, _: (value is MISSING) == absent),
    "$not": (object, lambda one, value, names: not match(one, value, dict(names))),
    "$any": (object, lambda many, value, names: any(match(one, value, names) for one in many)),
    "$get": (JSON, lambda name, value, names: equal(names[name], value)),
    "$set": (JSON, lambda name, value, names: names.update({name: value}) is None),
    "$is": (JSON, lambda kinds, value, _: is_of(kinds, value)),
    "$lit": (JSON, lambda literal, value, _: equal(literal, value)),
    "$def": (JSON, lambda name, value, _: valid(SCHEMA[name], value)),
    "$re": (str, lambda source, value, _: search(source, value)),
    "$num": (JSON, lambda bounds, value, _: is_of("number", value) and within(bounds, value)),
    "$len": ((str, list, dict), lambda bounds, value, _: within(bounds, len(value))),
    "$keys": (dict, lambda one, value, names: match(one, list(value), names)),
    "$only": (dict, lambda one, value, names: value.keys() <= one.keys() and match(one, value, names)),
    "$each": (list, lambda one, value, names: all(match(one, item, names) for item in value)),
    "$has": (list, lambda many, value, names: all(
        any(match(one, item, names) for item in value) for one in many)),
    "$deep": (JSON, lambda many, value, names: all(
        match(one, item, names) for name, one in many.items() for item in everywhere(name, [value]))),
    "$rising": (list, lambda pointer, value, _: rising(every(pointer, value))),
    "$distinct": (list, lambda pointer, value, _: distinct(every(pointer, value)))}

def valid(schema, value):  # the protocol's schema has no other keywords
    if "$ref" in schema:
        return valid(SCHEMA[schema["$ref"].rpartition("/")[2]], value)
    parts = [(schema.get("items", {}), one) for one in value] if isinstance(value, list) else []
    if isinstance(value, dict):
        members, others = schema.get("properties", {}), schema.get("additionalProperties", {})
        parts = [(members.get(name, others), one) for name, one in value.items()]
    return (is_of(schema.get("type", "any"), value) and equal(schema.get("const", value), value)
            and ("anyOf" not in schema or any(valid(one, value) for one in schema["anyOf"]))
            and (not isinstance(value, dict) or value.keys() >= set(schema.get("required", ())))
            and (not is_of("number", value) or within((schema.get("minimum"), schema.get("maximum")), value))
            and all(valid(*part) for part in parts))
def match(pattern, value, names):  # names: what is remembered, and gains when all of it fits
    scratch, fits = dict(names), False
    if isinstance(pattern, list):
        fits = isinstance(value, list) and len(value) == len(pattern) and all(
            match(one, item, scratch) for one, item in zip(pattern, value))
    elif not isinstance(pattern, dict):
        fits = equal(fill(pattern, names), value)
    elif isinstance(value, dict) or (pattern and pattern.keys() <= MATCHERS.keys()):
        fits = all(match(operand, value.get(key, MISSING), scratch) if key not in MATCHERS else
                   isinstance(value, MATCHERS[key][0]) and MATCHERS[key][1](operand, value, scratch)
                   for key, operand in pattern.items())
    names.update(scratch if fits else {})
    return fits
def fill(template, names):  # $get, $lit and ${name}; in a string, what is none stands as JSON
    if isinstance(template, str):
        return re.sub(r"\$\{([A-Za-z_][A-Za-z0-9_.-]*)\}", lambda part: text_of(names[part[1]]), template)
    if isinstance(template, list):
        return [fill(item, names) for item in template]
    if not isinstance(template, dict) or list(template) == ["$lit"]:
        return template["$lit"] if isinstance(template, dict) else template
    return names[template["$get"]] if list(template) == ["$get"] else {
        key: fill(item, names) for key, item in template.items()}

CONNECTIONS = {"http": (http.client.HTTPConnection, ":80$"), "https": (http.client.HTTPSConnection, ":443$")}
ACCEPT = {"POST": "application/json, text/event-stream", "GET": "text/event-stream"}

class Target:  # a server; `headers` go with every request, `offers` is what probing found
    def __init__(self, url, headers=(), factor=1):
        scheme, netloc, path, query, _ = urllib.parse.urlsplit(url)
        self.connection, port = CONNECTIONS[scheme]
        host, path = re.sub(port, "", netloc.lower()), (path or "/") + (f"?{query}" if query else "")
        self.names = {"endpoint": url, "host": host, "path": path, "origin": f"{scheme}://{host}"}
        self.headers = {name.strip().lower(): value.strip() for name, _, value in headers}
        self.factor, self.offers, self.lock = factor, {}, threading.Lock()

class Stream:  # an exchange and what came back; `lost` when no more can be hoped for
    def __init__(self, method, text):
        self.method, self.sent, self.stream, self.arrivals = method, read_json(text), self, []
        self.status, self.events, self.ended, self.lost = None, False, False, False
        self.headers = self.body = self.text = MISSING
    def answer(self):  # the first response or, if it ended without one, its first message; None as yet
        there = [one for one in self.arrivals if one.message is not MISSING]
        responses = [one for one in there if at("/method", one.message) is MISSING]
        return next(iter(responses or (there if self.ended else [])), None)
    def seen(self):  # by patterns over the HTTP answer
        message = self.answer().message if self.answer() else read_json(self.body)
        return present(status=self.status, headers=self.headers, body=self.body, message=message)

class Session:  # what one client session has sent and received, in order of arrival
    def __init__(self, target):
        self.target, self.arrivals, self.streams = target, [], {}
        self.id, self.revision, self.changed = None, None, threading.Condition()
    def until(self, test, end):  # or until the time `end`; gives what the test said last
        with self.changed:
            return self.changed.wait_for(test, max(0, end - time.monotonic()))
    def head(self, stream, end):
        return self.until(lambda: stream.status or stream.ended, end)
    def send(self, message, name=None):
        return self.exchange("POST", text=write_json({"jsonrpc": "2.0", **message}), name=name)

    def exchange(self, method, path=None, headers=None, text=None, name=None, patience=0):
        """Sends a request; its answer is read beside. A 409 is met with patience, in seconds."""
        stream = self.streams[name or f"#{len(self.streams) + 1}"] = Stream(method, text)
        request = time.monotonic() + patience, stream, path or self.target.names["path"], headers or {}, text
        self.start(*request[1:])
        threading.Thread(target=self.receive, args=request, daemon=True).start()
        return stream

    def start(self, stream, path, given, text):
        host, body = self.target.names["host"], None if text is None else text.encode()
        connection = stream.connection = self.target.connection(host)
        connection.connect()
        stream.socket = connection.sock
        sized = {} if body is None else {"content-type": "application/json", "content-length": str(len(body))}
        headers = {"host": host, "connection": "close", "accept": ACCEPT.get(stream.method), **sized,
                   "mcp-session-id": self.id, "mcp-protocol-version": self.revision, **self.target.headers}
        taken = [name.lower() for name, value in given.items() if value is not None or name.lower() != "host"]
        defaults = [(name, value) for name, value in headers.items() if name not in taken]
        connection.putrequest(stream.method, path, skip_host=True, skip_accept_encoding=True)
        for name, value in [*defaults, *given.items()]:
            if value is not None:
                connection.putheader(name, text_of(value))
        with suppress(OSError):  # it may have answered, and closed, before it read all of this
            connection.endheaders(body)

    def receive(self, until, stream, *request):
        failed = True
        with suppress(OSError, ValueError, http.client.HTTPException):
            while (response := stream.connection.getresponse()).status == 409 and time.monotonic() < until:
                time.sleep(0.025)
                self.start(stream, *request)
            self.read(stream, response)
            failed = False
        with self.changed:
            stream.lost, stream.ended = not stream.ended and failed or (stream.status or 0) >= 300, True
            self.changed.notify_all()
    def read(self, stream, response):
        with self.changed:
            stream.headers = {name.lower(): ", ".join(response.msg.get_all(name)) for name in response.msg}
            stream.media = stream.headers.get("content-type", "").partition(";")[0].strip().lower()
            stream.status, stream.events = response.status, stream.media == "text/event-stream"
            if at("/method", stream.sent) == "initialize" and response.status < 300:
                self.id = self.id or stream.headers.get("mcp-session-id")
            self.changed.notify_all()
        decoder = codecs.getincrementaldecoder("utf-8")("replace")
        pieces = map(decoder.decode, iter(lambda: response.read1(65536), b""))
        for event in events(stream, pieces) if stream.events else ():
            plain = event.get("data") and (event.get("event") or "message") == "message"
            self.arrive(stream, event["data"] if plain else None, event)
        body = "".join(pieces) + decoder.decode(b"", True)
        if response.length:
            raise ConnectionError("the body is cut off")
        if not stream.events:
            stream.text = stream.body = body[body.startswith("\ufeff"):]
            if body and stream.method == "POST" and stream.media == "application/json":
                self.arrive(stream, stream.text)
    def arrive(self, stream, text, sse=MISSING):  # a message, a frame without one, or a text that is no JSON
        message, greets = read_json(text), at("/method", stream.sent) == "initialize"
        seen = present(message=message, sse=sse)
        one = SimpleNamespace(stream=stream, message=message, sse=sse, seen=seen, taken=False)
        with self.changed:
            for heard in [] if stream.ended else [self.arrivals, stream.arrivals]:
                heard.append(one)
            self.revision = self.revision or (greets and at("/result/protocolVersion", message, None)) or None
            self.changed.notify_all()
    def drop(self, streams):
        for stream in streams:
            stream.ended = True
            with suppress(OSError, AttributeError):  # the server has left already, or was never there
                stream.socket.shutdown(socket.SHUT_RDWR)
    def close(self, leave):  # ends the session if it has an id and is to be left; drops every connection
        with suppress(OSError):  # the server is gone
            last = self.exchange("DELETE") if leave and self.id is not None else None
            self.until(lambda: last is None or last.ended, time.monotonic() + 1)
        self.drop(self.streams.values())

def events(stream, pieces):  # of WHATWG HTML, 9.2.6: each with what it says itself and no more
    rest = last = ""
    for piece in filter(None, pieces):
        stream.text = piece if stream.text is MISSING else stream.text + piece
        rest += re.sub("\r\n?", "\n", piece[last + piece[0] in ("\ufeff", "\r\n"):])
        last = piece[-1]
        *blocks, rest = rest.split("\n\n")
        for block in blocks:
            event = {}
            for name, value in re.findall("^([^:\n]*):? ?(.*)$", block, re.MULTILINE):
                if name == "data" and "data" in event:
                    event["data"] += "\n" + value
                elif name in ("data", "event") or (name == "id" and "\0" not in value):
                    event[name] = value
                elif name == "retry" and re.fullmatch("[0-9]+", value):
                    event["retry"] = int(value)
            yield from [event] if event else []

FIRST_ID = 999001  # of the requests that the runner makes by itself
VERBS = ("request", "notify", "respond", "never", "collect", "pages", "listen", "drop", "end", "open", "line",
         "eof", "exit", "wait", "http", "expect")
LISTS = {  # the member of a result: its method, and what an item goes by beside its name
    "tools": ("tools/list", "name"), "prompts": ("prompts/list", "name"),
    "resources": ("resources/list", "uri"), "resourceTemplates": ("resources/templates/list", "uriTemplate")}
FIELDS = {method: field for field, (method, _) in LISTS.items()}
ANYTHING, TEXT = {"$is": "any"}, {"$is": "string"}
EVENT_STREAM = {"status": 200, "headers": {"content-type": {"$re": "^text/event-stream"}}}
LOST = {"error": {"$absent": False}, "id": {"$any": [{"$absent": True}, None]}}
READS, ASKED = {"annotations": {"readOnlyHint": True}}, {"$is": "array", "$len": [1, None]}
NAMED = {"name": {"$is": "string", "$not": {"$re": "(?i)env|secret|token|passw|credential"}}}
DESTROYING = "(?i)delete|remove|drop|reset|clear|purge|stop|shutdown|restart|kill|exit"
USABLE = {  # of each kind that needs.any may ask for: the list, the member to know it by, what may be used
    "tool": ("tools", "name", {**NAMED, "$any": [READS, {"name": {"$not": {"$re": DESTROYING}}}], "$not": {
        "$any": [{"annotations": {"destructiveHint": True}}, {"inputSchema": {"required": ASKED}}]}}),
    "prompt": ("prompts", "name", {"name": TEXT, "$not": {"arguments": {"$has": [{"required": True}]}}}),
    "resource": ("resources", "uri", {"uri": TEXT})}

def rank(tool):  # those that only read come first, then those of few properties
    properties = at("/inputSchema/properties", tool)
    return not match(READS, tool, {}), len(properties) if isinstance(properties, dict) else 0
class Stop(Exception):
    """Ends a step, and mostly the case, with an outcome and a reason."""
def require(fits, reason, seen=None, outcome="fail"):
    if not fits:
        raise Stop(outcome, reason if seen is None else f"{reason}: {write_json(seen)[:500]}")

class Play:  # one case against one target: `names` is what it remembers, `step` where it is
    def __init__(self, case, target):
        self.case, self.target, self.names, self.sessions = case, target, dict(target.names), {}
        self.grades, self.last_id, self.step = [("pass", None, None)], FIRST_ID, 0

    def run(self):  # plays the case; returns its record
        try:
            self.take_steps(self.case.get("client", {}))
            outcome, reason, step = max(self.grades, key=lambda one: ("pass", "info", "warn").index(one[0]))
        except Exception as error:
            outcome, reason = error.args if isinstance(error, Stop) else ("error", repr(error))
            step = self.step or (None if outcome == "skip" else 0)
        if outcome in ("fail", "firm"):
            outcome = {"MUST": "fail", "SHOULD": "warn", "MAY": "info"}[self.case["level"]]
        for session in self.sessions.values():
            session.close(self.case.get("teardown", True))
        return {"id": self.case["id"], "outcome": outcome, "step": step, "reason": reason}
    def take_steps(self, side):
        self.check_needs(self.case.get("needs", {}), {"capabilities": side.get("capabilities", {})})
        revision = at("/protocolVersion", self.open("main", side), None)
        spoken = revision in self.case["revision"] or not side.get("handshake", True)
        require(spoken, f"the server speaks {revision}", outcome="skip")
        for self.step, step in enumerate(self.case["steps"], 1):
            verb = next(verb for verb in VERBS if verb in step)
            try:
                require(hasattr(self, f"do_{verb}"), "the case needs a process on stdio", outcome="skip")
                getattr(self, f"do_{verb}")(step, step[verb], self.sessions[step.get("in", "main")])
            except Stop as stop:
                raise Stop("skip", step["orSkip"]) if "orSkip" in step and stop.args[0] != "firm" else stop
        if not any(one.status for session in self.sessions.values() for one in session.streams.values()):
            raise ConnectionError("nothing was heard from the target")

    def open(self, name, side):  # returns what the server said of itself, None without a handshake
        session = self.sessions[name] = Session(self.target)
        if not side.get("handshake", True):
            return None
        params = {"protocolVersion": "2025-06-18", "capabilities": side.get("capabilities", {}),
                  "clientInfo": {"name": "handwire-fixtures", "version": "1"}}
        stream = session.send({"id": FIRST_ID, "method": "initialize", "params": params})
        try:
            hello = at("/result", self.answer(FIRST_ID, session, stream, self.end()))
        except Stop as stop:
            raise stop if stream.status and stream.ended else ConnectionError(stop.args[1])
        require(isinstance(hello, dict), "initialize was not answered with a result")
        session.head(session.send({"method": "notifications/initialized"}), self.end())
        if side.get("listen", True):
            session.head(session.exchange("GET", name="listen", patience=0.5), time.monotonic() + 0.5)
        return hello
    def probe(self, side):  # what the target offers to such a client, by the members of `needs`
        hello, lists = self.open("main", side), {field: [] for field in LISTS}
        session, offer = self.sessions["main"], {"capabilities": at("/capabilities", hello), "any": {}}
        for field, (method, key) in LISTS.items():
            with suppress(Stop):  # what came until then counts
                if at(f"/{method.split('/')[0]}", offer["capabilities"]) is not MISSING:
                    self.do_pages({}, {"method": method}, session, lists[field])
            kind = field.replace("resourceT", "t")
            offer[kind] = every("/name", lists[field]) + every(f"/{key}", lists[field])
        for kind, (field, key, pattern) in USABLE.items():
            for one in [one for one in sorted(lists[field], key=rank) if match(pattern, one, {})][:1]:
                offer["any"][kind] = {kind: at(f"/{key}", one), f"{kind}Arguments": {}}
        bye = session.exchange("DELETE")
        session.head(bye, self.end())
        session.close(leave=False)
        features = {"session": session.id is not None, "delete": session.id and (bye.status or 300) < 300,
                    "get-stream": match(EVENT_STREAM, session.streams["listen"].seen(), {})}
        return {**offer, "features": [name for name, there in features.items() if there]}

    def check_needs(self, needs, side):  # skips the case when one is not met; remembers what `any` finds
        offers, key = self.target.offers, write_json(side)
        with self.target.lock:
            if needs and key not in offers:
                offers[key] = Play({}, self.target).probe(side)
        for kind, one in [(kind, one) for kind in needs for one in needs[kind]]:
            there = one in offers[key][kind] if kind not in ("capabilities", "without") else \
                at(one, offers[key]["capabilities"], None) not in (None, False)
            require(there != (kind == "without"), f"not what the case needs: {kind} {one}", outcome="skip")
            self.names.update(offers[key]["any"][one] if kind == "any" else {})

    def end(self, step=None, within=3000):  # when the time of a step is over
        return time.monotonic() + (step or {}).get("withinMs", within) / 1000 * self.target.factor
    def grade(self, value, step, key):  # the first of the step's alternatives that fits, None if none does
        pattern = step.get(key, {"$any": [{"$absent": True}, ANYTHING]})
        alternatives = step.get("accept") or [{"match": pattern, "grade": "ok"}]
        return next((one for one in alternatives if match(one["match"], value, self.names)), None)
    def judge(self, value, step, key="match", outcome="fail"):
        one = self.grade(value, step, key)
        require(one, "this does not fit", value, outcome)
        self.grades.append((one["grade"].replace("ok", "pass"), one.get("why"), self.step))
    def first(self, fits, over, session, end):  # None when the time is over, or what it could come on
        def found():
            return next((one for one in session.arrivals if not one.taken and fits(one)), over())
        one = session.until(found, end)
        return one if isinstance(one, SimpleNamespace) else None
    def select(self, selector, session, names, end):
        on = [session.streams[selector["on"]]] if "on" in selector else session.streams.values()
        pattern = {key: selector[key] for key in ("message", "sse") if key in selector}
        return self.first(lambda one: one.stream in on and match(pattern, one.seen, names),
                          lambda: all(stream.ended for stream in on), session, end)

    def answer(self, wanted, session, stream, end):  # takes it; returns the message
        def fits(one):
            ids = [{"id": {"$lit": wanted}}, *([LOST] if one.stream is stream else [])]
            return match({"method": {"$absent": True}, "$any": ids}, one.message, {})
        one = self.first(fits, lambda: stream.lost or all(one.ended for one in session.streams.values()),
                         session, end)
        require(one, f"no answer to request {wanted}", stream.seen())
        one.taken = True
        return one.message

    def do_request(self, step, message, session):
        end, message = self.end(step), fill(message, self.names)
        stream = session.send(message, step.get("as"))
        if "id" not in message or "method" not in message:
            session.head(stream, end)
        if "http" in step:
            session.until(lambda: stream.ended or stream.events or (
                stream.status and "body" not in step["http"]), end)
            require(match(step["http"], stream.seen(), self.names), "not such an HTTP answer", stream.seen())
        if "expect" in step or "accept" in step:
            self.judge(self.answer(message["id"], session, stream, end), step, "expect")
    do_notify = do_respond = do_request
    def do_expect(self, step, selector, session):
        one = self.select(selector, session, self.names, self.end(step))
        require(one, "nothing came that fits, but", [one.seen for one in session.arrivals if not one.taken])
        one.taken = True
        self.judge(one.message, step, "match", "firm")
    def do_never(self, step, selector, session):
        selector, end = {**({} if "sse" in selector else {"message": {}}), **selector}, step.get("forMs", 250)
        one = self.select(selector, session, dict(self.names), time.monotonic() + end / 1000)
        require(one is None, "what came never should", one and one.seen)
    def do_collect(self, step, spec, session):
        field, on = spec.get("field", "message"), spec.get("on") and session.streams[spec["on"]]
        where = spec.get("where", ANYTHING if field == "text" else {})
        pool, found = session.streams.values() if field == "text" else session.arrivals, []
        def look():
            found[:] = [one for one in pool if on in (None, one.stream)
                        and match(where, getattr(one, field), dict(self.names))]
            return self.grade([getattr(one, field) for one in found], step, "match")
        with session.changed:  # nothing arrives between the last look and the judgement
            session.until(look, self.end(step, 0))
            self.judge([getattr(one, field) for one in found], step)
            for one in found:
                one.taken = True
    def do_pages(self, step, spec, session, items=None):  # `items`: where to put what is listed
        params, items = fill(spec.get("params", {}), self.names), [] if items is None else items
        field, cursors = spec.get("field") or FIELDS[spec["method"]], []
        while MISSING not in cursors:
            self.last_id += 1
            stream = session.send({"id": self.last_id, "method": spec["method"], "params": params})
            message = self.answer(self.last_id, session, stream, self.end(step))
            page, cursor = at(f"/result/{field}", message), at("/result/nextCursor", message)
            require(isinstance(page, list), "there is no such list", message)
            items += page
            require(cursor is MISSING or isinstance(cursor, str) and cursor not in cursors
                    and len(cursors) + 1 < spec.get("limit", 100), "the cursor leads nowhere", cursor)
            cursors.append(cursor)
            params["cursor"] = cursor
        self.judge(items, step)

    def do_http(self, step, spec, session, patience=0):
        end, spec = self.end(step), fill(spec, self.names)
        text = write_json(spec["body"]) if "body" in spec else spec.get("raw")
        headers = {name: value and text_of(value) for name, value in spec.get("headers", {}).items()}
        stream = session.exchange(spec["method"], spec.get("path"), headers, text, step.get("as"), patience)
        posted = spec["method"] == "POST"
        session.until(lambda: stream.ended or stream.events and (stream.answer() or not posted), end)
        require(stream.status, "no HTTP answer came")
        answer = stream.answer()
        self.judge(stream.seen(), step, "expect")
        if answer and not patience and ("expect" in step or "accept" in step):
            answer.taken = True
    def do_listen(self, step, name, session):
        last = {"last-event-id": step["lastEventId"]} if "lastEventId" in step else {}
        step, spec = {"as": name, "expect": EVENT_STREAM, **step}, {"method": "GET", "headers": last}
        self.do_http(step, spec, session, patience=0.5)

    def do_end(self, step, name, session):
        require(session.until(lambda: session.streams[name].ended, self.end(step)), "it was not ended")
    def do_drop(self, _step, name, session):
        session.drop([session.streams[name]])
    def do_open(self, step, name, _session):
        self.open(name, step.get("client", {}))
    def do_wait(self, _step, milliseconds, _session):
        time.sleep(milliseconds / 1000)

def load():  # the HTTP cases of the corpus, by id; nothing else lies so deep
    cases = [read_json(file.read_text("utf-8")) for file in sorted(CORPUS.glob("*/*/**/*.json"), key=str)]
    return {case["id"]: case for case in cases if "http" in case["transports"]}
def glob(text):  # `*` stays within a part of an id, `**` does not; a folder stands for all it holds
    words = {"**": ".*", "*": "[^/]*", "?": "[^/]"}
    parts = re.split(r"(\*\*|\*|\?)", text.rstrip("/"))
    return "".join(words.get(part) or re.escape(part) for part in parts) + "(/.*)?"

def main():
    parser = argparse.ArgumentParser(description="Replays spec-fixtures against an MCP server.")
    parser.add_argument("url", nargs="?", help="the MCP endpoint")
    parser.add_argument("--only", metavar="GLOB", type=glob, action="append", help="ids of cases, or folders")
    parser.add_argument("--json", metavar="FILE", type=pathlib.Path, help="write the outcomes there")
    parser.add_argument("--jobs", type=int, default=10, help="cases at a time")
    parser.add_argument("--time-factor", type=float, default=1, help="multiplies deadlines")
    parser.add_argument("--header", metavar="'Name: value'", action="append", default=[], help="to be sent")
    parser.add_argument("--list", action="store_true", help="print the ids and replay nothing")
    options = parser.parse_args()
    cases = [case for name, case in load().items() if re.fullmatch("|".join(options.only or [".*"]), name)]
    if not cases or not (options.list or re.match("https?://.", options.url or "")):
        parser.error("there is no URL, or no HTTP case with such an id")
    if options.list:
        return print(*(case["id"] for case in cases), sep="\n")
    target = Target(options.url, [one.partition(":") for one in options.header], options.time_factor)
    greeting = Play({"id": "greeting", "level": "MUST", "revision": [], "steps": []}, target).run()
    if greeting["outcome"] == "error":
        parser.exit(3, f"nothing was tested: {greeting['reason']}\n")
    with ThreadPoolExecutor(options.jobs) as pool:
        records = list(pool.map(Play.run, [Play(case, target) for case in cases if not case.get("serial")]))
    records += [Play(case, target).run() for case in cases if case.get("serial")]
    if options.json:
        options.json.write_text(json.dumps({"server": {"url": options.url}, "cases": records}), "utf-8")
    for one in records:
        if one["outcome"] in ("error", "fail", "warn"):
            print(f"{one['outcome']:5} {one['id']}, step {one['step']}: {one['reason']}")
    outcomes = [one["outcome"] for one in records]
    print(f"{len(outcomes)} cases:", *(f"{outcomes.count(name)} {name}" for name in sorted(set(outcomes))))
    return 1 if "fail" in outcomes else 3 if "error" in outcomes else 0
if __name__ == "__main__":
    sys.exit(main())
