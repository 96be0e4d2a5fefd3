"""A server with PrefectHQ/fastmcp for Python over Streamable HTTP, with its defaults and sessions.

    python3 -m venv scripts/peers/fastmcp-python/.venv
    scripts/peers/fastmcp-python/.venv/bin/pip install -r scripts/peers/fastmcp-python/requirements.txt
    PORT=3906 scripts/peers/fastmcp-python/.venv/bin/python scripts/peers/fastmcp-python/server.py
"""

import asyncio
import base64
import json
import os
import sys
from dataclasses import dataclass
from typing import Annotated

from fastmcp import Context, FastMCP
from fastmcp.exceptions import ToolError
from fastmcp.prompts import Message
from fastmcp.tools import ToolResult
from mcp_types import (
    AudioContent,
    EmbeddedResource,
    ImageContent,
    PromptReference,
    ResourceLink,
    ResourceTemplateReference,
    SamplingMessage,
    TextContent,
    TextResourceContents,
)
from pydantic import Field

PNG = (
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAADElEQVR42mP4z8AAAAMBAQD3A0FDAAAAAElFTkSuQmCC"
)
WAV = "UklGRiwAAABXQVZFZm10IBAAAAABAAEAQB8AAIA+AAACABAAZGF0YQgAAAAAAAAAAAAAAA=="
PAUSE = 0.05

mcp = FastMCP("fastmcp-python", instructions="A server with fastmcp for Python.", version="1.0.0")


def text(value: str) -> TextContent:
    return TextContent(type="text", text=value)


def image() -> ImageContent:
    return ImageContent(type="image", data=PNG, mime_type="image/png")


def embedded(uri: str, mime_type: str, value: str) -> EmbeddedResource:
    contents = TextResourceContents(uri=uri, mime_type=mime_type, text=value)
    return EmbeddedResource(type="resource", resource=contents)


def blocks(*content) -> ToolResult:
    return ToolResult(content=list(content))


@mcp.tool
def test_simple_text() -> ToolResult:
    """Returns one text block."""
    return blocks(text("This is a simple text response for testing."))


@mcp.tool
def test_image_content() -> ToolResult:
    """Returns a PNG of one red pixel."""
    return blocks(image())


@mcp.tool
def test_audio_content() -> ToolResult:
    """Returns a WAV of four silent samples."""
    return blocks(AudioContent(type="audio", data=WAV, mime_type="audio/wav"))


@mcp.tool
def test_embedded_resource() -> ToolResult:
    """Returns a text resource inside the result."""
    return blocks(
        embedded("test://embedded-resource", "text/plain", "This is an embedded resource content.")
    )


@mcp.tool
def test_multiple_content_types() -> ToolResult:
    """Returns a text, an image and an embedded resource, in this order."""
    return blocks(
        text("Multiple content types test:"),
        image(),
        embedded("test://mixed-content-resource", "application/json", '{"test":"data","value":123}'),
    )


@mcp.tool
async def test_tool_with_logging(ctx: Context) -> ToolResult:
    """Sends three log messages of level info while it runs."""
    await ctx.info("Tool execution started")
    await asyncio.sleep(PAUSE)
    await ctx.info("Tool processing data")
    await asyncio.sleep(PAUSE)
    await ctx.info("Tool execution completed")
    return blocks(text("Tool with logging executed successfully"))


@mcp.tool
async def test_tool_with_progress(ctx: Context) -> ToolResult:
    """Reports progress 0, 50 and 100 of 100 when the call carries a progress token."""
    await ctx.report_progress(0, 100)
    await asyncio.sleep(PAUSE)
    await ctx.report_progress(50, 100)
    await asyncio.sleep(PAUSE)
    await ctx.report_progress(100, 100)
    return blocks(text("Tool with progress executed successfully"))


@mcp.tool
def test_error_handling() -> ToolResult:
    """Always fails."""
    raise ToolError("This tool intentionally returns an error for testing")


@mcp.tool
async def test_slow(ms: Annotated[int, Field(ge=0, le=10000)]) -> ToolResult:
    """Waits for the given number of milliseconds; can be cancelled."""
    await asyncio.sleep(ms / 1000)
    return blocks(text("slow done"))


NUMBER = {"type": "object", "properties": {"n": {"type": "number"}}, "required": ["n"]}


@mcp.tool(output_schema=NUMBER)
def test_structured() -> ToolResult:
    """Returns structured content and its text mirror."""
    return ToolResult(structured_content={"n": 1})


@mcp.tool
def test_resource_link() -> ToolResult:
    """Returns a link to test://static-text."""
    link = ResourceLink(
        type="resource_link", uri="test://static-text", name="static-text", mime_type="text/plain"
    )
    return blocks(link)


@mcp.tool
async def test_sampling(prompt: str, ctx: Context) -> ToolResult:
    """Asks the client's model to answer a prompt and returns what it said."""
    if getattr(ctx.session.client_capabilities, "sampling", None) is None:
        raise ToolError("Client does not support sampling")
    answer = await ctx.session.create_message(
        [SamplingMessage(role="user", content=text(prompt))],
        max_tokens=100,
        related_request_id=ctx.request_id,
    )
    said = answer.content
    return blocks(text("LLM response: " + (said.text if said.type == "text" else f"[{said.type}]")))


@dataclass
class Person:
    username: str
    email: str


@mcp.tool
async def test_elicitation(message: str, ctx: Context) -> ToolResult:
    """Asks the user for a name and an e-mail address and returns what was answered."""
    answer = await ctx.elicit(message, Person)
    content = {} if answer.action != "accept" else vars(answer.data)
    said = json.dumps(content, separators=(",", ":"), ensure_ascii=False)
    return blocks(text(f"User response: action={answer.action}, content={said}"))


@mcp.tool
async def test_list_roots(ctx: Context) -> ToolResult:
    """Asks the client for its roots and returns their URIs."""
    if getattr(ctx.session.client_capabilities, "roots", None) is None:
        raise ToolError("Client does not support roots")
    answer = await ctx.session.list_roots()
    return blocks(text(json.dumps([str(root.uri) for root in answer.roots], separators=(",", ":"))))


@mcp.tool
def test_echo(text: str) -> ToolResult:
    """Returns its text."""
    return blocks(TextContent(type="text", text=text))


@mcp.tool
def test_crash() -> ToolResult:
    """Fails by accident."""
    return blocks(text(str(len([][0]))))


@mcp.tool
async def test_progress_falling(ctx: Context) -> ToolResult:
    """Reports progress 10, 5, 10 and 20."""
    for progress in (10, 5, 10, 20):
        await ctx.report_progress(progress)
    return blocks(text("fell"))


@mcp.resource("test://static-text", name="static-text", mime_type="text/plain")
def static_text() -> str:
    """A text that never changes."""
    return "This is the content of the static text resource."


@mcp.resource("test://static-binary", name="static-binary", mime_type="image/png")
def static_binary() -> bytes:
    """A PNG of one red pixel."""
    return base64.b64decode(PNG)


@mcp.resource("test://watched-resource", name="watched-resource", mime_type="text/plain")
def watched_resource() -> str:
    """A resource like any other: fastmcp has no subscriptions."""
    return "Watched resource content"


@mcp.resource("test://template/{id}/data", name="template", mime_type="application/json")
def template(id: str) -> str:
    """Data for any id."""
    value = {"id": id, "templateTest": True, "data": f"Data for ID: {id}"}
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


@mcp.prompt
def test_simple_prompt() -> str:
    """One message without arguments."""
    return "This is a simple prompt for testing."


@mcp.prompt
def test_prompt_with_arguments(arg1: str, arg2: str) -> str:
    """One message that repeats both arguments."""
    return f"Prompt with arguments: arg1='{arg1}', arg2='{arg2}'"


@mcp.prompt(name="test_prompt_with_embedded_resource")
def prompt_with_embedded_resource(resourceUri: str) -> list[Message]:
    """A resource under the given URI, and a message about it."""
    return [
        Message(embedded(resourceUri, "text/plain", "Embedded resource content for testing.")),
        Message("Please process the embedded resource above."),
    ]


@mcp.prompt
def test_prompt_with_image() -> list[Message]:
    """An image, and a message about it."""
    return [Message(image()), Message("Please analyze the image above.")]


@mcp.completion
def complete(ref, argument, context):
    values = []
    if isinstance(ref, PromptReference) and ref.name == "test_prompt_with_arguments":
        first = (context.arguments or {}).get("arg1") if context else None
        if argument.name == "arg1":
            values = ["paris", "park", "party", "test1", "test2"]
        if argument.name == "arg2":
            values = ["one", "two"] if first is None else [f"{first}-one", f"{first}-two"]
    if isinstance(ref, ResourceTemplateReference) and ref.uri == "test://template/{id}/data":
        values = [str(number) for number in range(1, 151)]
    return [value for value in values if value.startswith(argument.value)]


if __name__ == "__main__":
    port = int(os.environ.get("PORT", "3906"))
    print(f"listening on port {port}", file=sys.stderr)
    mcp.run(transport="http", host="127.0.0.1", port=port, log_level="error", show_banner=False)
