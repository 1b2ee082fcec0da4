"""The shapes of people: how they sign in, who they are, and how others are invited."""

from collections.abc import Sequence
from datetime import datetime
from typing import Literal

from pydantic import Field

from loomwork.interface.http.api.shapes import RequestShape, Shape
from loomwork.tenancy.api import Finding, Invitation, LinkedIdentity, OpenInvitation, Person, Session, SignInProvider

_ID = "0198c2a4-7d10-7c33-9a5e-2f1f6f6f0a11"
_EMAIL = "ann@example.org"
_PASSWORD = Field(min_length=1, max_length=4000, examples=["four words that rhyme"])
_CODE = Field(min_length=1, max_length=100, examples=["492039"])
_TOKEN = Field(min_length=1, max_length=200, description="The part of the link behind `#token=`.")


class SignInProviderShape(Shape):
    """Where people sign in who are known elsewhere (OpenID Connect)."""

    id: str = Field(examples=["corp"])
    label: str = Field(examples=["Example Inc."])
    path: str = Field(
        description="Where a browser goes to begin; `?next=` is the page of this server to end at.",
        examples=["/sign-in/sso/corp"],
    )

    @classmethod
    def of(cls, provider: SignInProvider) -> "SignInProviderShape":
        return cls(id=provider.id, label=provider.label, path=f"/sign-in/sso/{provider.id}")


class WaysInShape(Shape):
    """How one signs in here."""

    password: bool
    providers: list[SignInProviderShape] = Field(description="Empty where nobody is signed in from elsewhere.")
    link_command: str = Field(
        description="Makes a link that signs the owner in, in a terminal on the server's machine.",
        examples=["loomwork keys sign-in-link"],
    )


class SignInRequest(RequestShape):
    email: str = Field(max_length=300, examples=[_EMAIL])
    password: str = _PASSWORD
    code: str | None = Field(
        default=None,
        max_length=100,
        description="Of the authenticator app, or a recovery code; asked for by `second_factor_needed`.",
    )


class ResetRequest(RequestShape):
    token: str = _TOKEN
    password: str = _PASSWORD


class PersonShape(Shape):
    """Who you are, in every workspace."""

    id: str = Field(examples=[_ID])
    name: str = Field(examples=["Ann"])
    email: str | None = Field(examples=[_EMAIL])
    has_password: bool
    has_second_factor: bool
    created_at: datetime

    @classmethod
    def of(cls, person: Person, *, has_second_factor: bool) -> "PersonShape":
        return cls(
            id=person.id,
            name=person.name,
            email=person.email,
            has_password=person.has_password,
            has_second_factor=has_second_factor,
            created_at=person.created_at,
        )


class PersonChanges(RequestShape):
    """What is left out stays as it is."""

    name: str | None = Field(default=None, max_length=200, examples=["Ann"])
    email: str | None = Field(default=None, max_length=300, examples=[_EMAIL])
    password: str | None = Field(
        default=None, max_length=4000, description="The present one; needed for another address."
    )


class PasswordChange(RequestShape):
    password: str = _PASSWORD
    present: str | None = Field(default=None, max_length=4000, description="The present one, if there is one.")


class PersonSessionShape(Shape):
    """A browser that you are signed in with. `address` and `agent` are what it said when it signed in."""

    id: str = Field(examples=[_ID])
    how: Literal["link", "password", "sso"]
    address: str | None = Field(examples=["192.0.2.7"])
    agent: str | None
    created_at: datetime
    expires_at: datetime
    current: bool = Field(description="The one that asks.")

    @classmethod
    def of(cls, session: Session, *, current: bool) -> "PersonSessionShape":
        return cls(
            id=session.id,
            how=session.how,
            address=session.address,
            agent=session.agent,
            created_at=session.created_at,
            expires_at=session.expires_at,
            current=current,
        )


class EndedSessions(Shape):
    ended: int = Field(description="How many.")


class SecondFactorRequest(RequestShape):
    password: str | None = Field(default=None, max_length=4000, description="The present one, if there is one.")


class SecondFactorShape(Shape):
    """What an authenticator app is given, once."""

    secret: str = Field(description="In Base32, for typing.")
    uri: str = Field(description="The same, for a QR code.")


class CodeRequest(RequestShape):
    code: str = _CODE


class RecoveryCodesShape(Shape):
    """Each signs in once where the authenticator app is lost. They are shown now and never again."""

    recovery_codes: list[str]


class InvitationShape(Shape):
    """Somebody was invited."""

    id: str = Field(examples=[_ID])
    email: str = Field(examples=[_EMAIL])
    role: str = Field(examples=["editor"])
    invited_by: str
    state: Literal["open", "accepted", "revoked", "expired"]
    created_at: datetime
    expires_at: datetime

    @classmethod
    def of(cls, invitation: Invitation, now: datetime) -> "InvitationShape":
        return cls(
            id=invitation.id,
            email=invitation.email,
            role=invitation.role,
            invited_by=invitation.invited_by,
            state=invitation.state(now),
            created_at=invitation.created_at,
            expires_at=invitation.expires_at,
        )


class InvitationRequest(RequestShape):
    email: str = Field(max_length=300, examples=[_EMAIL])
    role: str = Field(max_length=200, examples=["editor"])


class NewInvitationShape(InvitationShape):
    """The link is shown now and never again; whoever has it can accept. `mail` is a text to send it with."""

    link: str
    mail: str


class InvitationToken(RequestShape):
    token: str = _TOKEN


class OpenInvitationShape(Shape):
    """An invitation as whoever holds its link sees it."""

    workspace_name: str = Field(examples=["Support"])
    email: str = Field(examples=[_EMAIL])
    role: str = Field(examples=["editor"])
    expires_at: datetime
    is_known: bool = Field(description="There is a person of this address, who signs in to accept it.")

    @classmethod
    def of(cls, invited: OpenInvitation) -> "OpenInvitationShape":
        invitation = invited.invitation
        return cls(
            workspace_name=invited.workspace_name,
            email=invitation.email,
            role=invitation.role,
            expires_at=invitation.expires_at,
            is_known=invited.is_known,
        )


class AcceptRequest(RequestShape):
    token: str = _TOKEN
    name: str | None = Field(default=None, max_length=200, examples=["Ann"])
    password: str | None = Field(default=None, max_length=4000)


class AcceptedShape(Shape):
    workspace_id: str = Field(examples=[_ID])


class PasswordLinkShape(Shape):
    """A link that sets a person's password once, within an hour."""

    link: str


class IdentityShape(Shape):
    """Somewhere else where you are known, and sign in here with."""

    id: str = Field(examples=[_ID])
    provider: str | None = Field(description="Its id; null where it is set up no more.", examples=["corp"])
    label: str = Field(examples=["Example Inc."])
    issuer: str = Field(examples=["https://id.example.org"])
    subject: str = Field(description="What you are called there; it never changes.", examples=["24400320"])
    created_at: datetime

    @classmethod
    def of(cls, identity: LinkedIdentity, providers: Sequence[SignInProvider]) -> "IdentityShape":
        provider = next((each for each in providers if each.issuer == identity.issuer), None)
        return cls(
            id=identity.id,
            provider=provider.id if provider is not None else None,
            label=provider.label if provider is not None else identity.issuer,
            issuer=identity.issuer,
            subject=identity.subject,
            created_at=identity.created_at,
        )


class IdentityRequest(RequestShape):
    provider: str = Field(max_length=100, examples=["corp"])
    password: str | None = Field(default=None, max_length=4000, description="The present one, if there is one.")
    next: str | None = Field(
        default=None, max_length=500, description="The page of this server to end at.", examples=["/account"]
    )


class DepartureShape(Shape):
    """The answer sets a cookie; with it, the browser goes there, and comes back."""

    url: str = Field(examples=["https://id.example.org/authorize?response_type=code&client_id=loomwork"])


class JoinRuleShape(Shape):
    """Whoever nobody has invited becomes a member of this workspace, as this."""

    workspace: str = Field(examples=["default"])
    role: str = Field(examples=["viewer"])


class SingleSignOnShape(Shape):
    """A provider of identity as it is set up; its secret is shown nowhere."""

    id: str = Field(examples=["corp"])
    label: str = Field(examples=["Example Inc."])
    issuer: str = Field(examples=["https://id.example.org"])
    client_id: str = Field(examples=["loomwork"])
    scopes: list[str] = Field(examples=[["openid", "email", "profile"]])
    domains: list[str] = Field(description="Of e-mail addresses; empty: any.", examples=[["example.org"]])
    join: JoinRuleShape | None = Field(description="Null: who is not invited is not let in.")
    redirect_uri: str = Field(
        description="What the provider must know.", examples=["https://studio.example.org/sign-in/sso/corp/callback"]
    )

    @classmethod
    def of(cls, provider: SignInProvider, home: str) -> "SingleSignOnShape":
        rule = provider.join
        return cls(
            id=provider.id,
            label=provider.label,
            issuer=provider.issuer,
            client_id=provider.client_id,
            scopes=list(provider.scopes),
            domains=sorted(provider.domains),
            join=JoinRuleShape(workspace=rule.workspace, role=rule.role) if rule is not None else None,
            redirect_uri=f"{home}/sign-in/sso/{provider.id}/callback",
        )


class FindingShape(Shape):
    """Something that was looked at."""

    is_good: bool | None = Field(description="Null: it works, and could be better.", examples=[True])
    sentence: str = Field(examples=["Its keys can be read: 2"])

    @classmethod
    def of(cls, finding: Finding) -> "FindingShape":
        return cls(is_good=finding.is_good, sentence=finding.sentence)
