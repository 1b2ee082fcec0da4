"""The shapes of workspaces, members, roles and grants."""

from datetime import datetime

from pydantic import Field

from loomwork.interface.http.api.shapes import RequestShape, Shape
from loomwork.tenancy.api import Member, Permission, Role, Workspace

_MEMBER_ID = "0198c2a4-7d10-7c33-9a5e-2f1f6f6f0a11"
_ROLE = Field(
    max_length=100, description="owner, admin, editor, operator, viewer, or the id of a role.", examples=["editor"]
)


class WorkspaceDetailsShape(Shape):
    """A workspace; `slug` is its short name, which no other of the installation has."""

    id: str
    name: str = Field(examples=["Acme"])
    slug: str = Field(examples=["acme"])
    created_at: datetime

    @classmethod
    def of(cls, workspace: Workspace) -> "WorkspaceDetailsShape":
        return cls.model_validate(workspace)


class OwnWorkspaceShape(WorkspaceDetailsShape):
    """A workspace, and what you are in it."""

    role: str = _ROLE

    @classmethod
    def of(cls, workspace: Workspace, role: str = "") -> "OwnWorkspaceShape":
        shown = WorkspaceDetailsShape.of(workspace)
        return cls(role=role, **shown.model_dump())


class NewWorkspaceBody(RequestShape):
    name: str = Field(max_length=200, examples=["Acme"])
    slug: str | None = Field(default=None, max_length=100, description="Made of the name where absent.")


class WorkspaceChangeBody(RequestShape):
    """What is absent stays as it is."""

    name: str | None = Field(default=None, max_length=200, examples=["Acme Research"])
    slug: str | None = Field(default=None, max_length=100, examples=["acme-research"])


class TransferBody(RequestShape):
    member_id: str = Field(max_length=100, description="Of the member who is to own it.", examples=[_MEMBER_ID])


class MemberShape(Shape):
    """A person in this workspace."""

    id: str = Field(examples=[_MEMBER_ID])
    name: str = Field(examples=["Ada"])
    email: str | None = Field(examples=["ada@example.org"])
    role: str = _ROLE
    disabled: bool = Field(description="Whether they may not sign in.")
    created_at: datetime

    @classmethod
    def of(cls, member: Member) -> "MemberShape":
        return cls.model_validate(member)


class NewMemberBody(RequestShape):
    email: str = Field(max_length=300, examples=["ada@example.org"])
    role: str = _ROLE
    name: str = Field(default="", max_length=200, description="Where absent, the first part of the address.")


class RoleBody(RequestShape):
    role: str = _ROLE


class RoleShape(Shape):
    """A name for a set of permissions."""

    id: str = Field(examples=["editor"])
    name: str = Field(examples=["Editor"])
    built_in: bool = Field(description="Whether every workspace has it, so that it cannot be changed.")
    permissions: list[Permission] = Field(examples=[["apps.read", "apps.run"]])

    @classmethod
    def of(cls, role: Role) -> "RoleShape":
        return cls(id=role.id, name=role.name, built_in=role.built_in, permissions=sorted(role.permissions))


class NewRoleBody(RequestShape):
    name: str = Field(max_length=200, examples=["Publisher"])
    permissions: list[str] = Field(max_length=100, examples=[["apps.read", "apps.publish"]])


class GrantShape(Shape):
    """What a member may do with one app, beside their role in the workspace."""

    id: str
    member_id: str = Field(examples=[_MEMBER_ID])
    app_id: str
    role: str = _ROLE
    created_at: datetime
