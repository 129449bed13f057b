"""A member's device by raw HTTP: signed, encrypted, and cheap enough that a thousand of them stand beside the bot.

It does only what a benchmark needs: register, upload and sign its keys, share a room key, encrypt, and read what came.
Source: Matrix specification v1.18, client-server API, "End-to-End Encryption".
"""

import base64
import hashlib
import hmac
import json
import secrets
from collections.abc import Iterable, Mapping
from typing import Any

import aiohttp
import vodozemac

from bot.matrix.http import path_of
from bot.matrix.signing import CrossSigningIdentity, canonical, unpadded

Json = dict[str, Any]
OLM = "m.olm.v1.curve25519-aes-sha2"
MEGOLM = "m.megolm.v1.aes-sha2"


class Failed(Exception):
    """The homeserver said no."""


class Account:
    """One account with one access token and, after `set_up_keys`, one cross-signed device."""

    def __init__(self, http: aiohttp.ClientSession, url: str, user_id: str, device_id: str, token: str) -> None:
        self.http = http
        self.url = url
        self.user_id = user_id
        self.device_id = device_id
        self.token = token

    @classmethod
    async def register(
        cls, http: aiohttp.ClientSession, url: str, secret: str, localpart: str, password: str
    ) -> "Account":
        """Make an account through Synapse's admin API, with a device that has no keys yet."""
        address = f"{url}/_synapse/admin/v1/register"
        async with http.get(address) as answer:
            nonce = (await answer.json())["nonce"]
        signed = f"{nonce}\0{localpart}\0{password}\0notadmin"
        mac = hmac.new(secret.encode(), signed.encode(), hashlib.sha1).hexdigest()
        body = {"nonce": nonce, "username": localpart, "password": password, "admin": False, "mac": mac}
        async with http.post(address, json=body) as answer:
            told: Json = await answer.json()
        if answer.status != 200:
            raise Failed(f"register: {answer.status} {told.get('errcode')}")
        return cls(http, url, told["user_id"], told["device_id"], told["access_token"])

    async def request(self, method: str, path: str, body: Any = None, **query: str) -> Any:
        """Ask the homeserver; `path` from `bot.matrix.http.path_of`. Raises Failed."""
        headers = {"Authorization": f"Bearer {self.token}"}
        async with self.http.request(method, self.url + path, json=body, params=query, headers=headers) as answer:
            told = await answer.json()
        if answer.status != 200:
            raise Failed(f"{method} {path}: {answer.status} {told.get('errcode')} {told.get('error')}")
        return told

    async def join(self, room_id: str) -> None:
        """Join a room."""
        await self.request("POST", path_of("join", room_id), {})

    async def create_room(self, name: str, invite: Iterable[str]) -> str:
        """Make an encrypted room and invite people to it."""
        encryption = {"type": "m.room.encryption", "state_key": "", "content": {"algorithm": MEGOLM}}
        history = {"history_visibility": "joined"}
        body = {
            "preset": "private_chat",
            "name": name,
            "invite": list(invite),
            "initial_state": [
                encryption,
                {"type": "m.room.history_visibility", "state_key": "", "content": history},
            ],
        }
        return str((await self.request("POST", path_of("createRoom"), body))["room_id"])


class Member(Account):
    """An account whose device speaks and reads."""

    def __init__(self, http: aiohttp.ClientSession, url: str, user_id: str, device_id: str, token: str) -> None:
        super().__init__(http, url, user_id, device_id, token)
        self.olm: Any = vodozemac.Account()  # its type information lacks the fallback key
        self._outbound: dict[str, Any] = {}
        self._inbound: dict[str, Any] = {}
        self._sessions: list[Any] = []
        self._since: str | None = None

    @property
    def curve25519(self) -> str:
        return str(self.olm.curve25519_key.to_base64())

    @property
    def ed25519(self) -> str:
        return str(self.olm.ed25519_key.to_base64())

    async def set_up_keys(self, one_time_keys: int = 5) -> None:
        """Upload device, one-time and fallback keys and the cross-signing keys; the device is signed by its owner."""
        identity = CrossSigningIdentity.create(self.user_id)
        keys: Json = {
            "algorithms": [OLM, MEGOLM],
            "device_id": self.device_id,
            "user_id": self.user_id,
            "keys": {f"curve25519:{self.device_id}": self.curve25519, f"ed25519:{self.device_id}": self.ed25519},
        }
        self.olm.generate_one_time_keys(one_time_keys)
        self.olm.generate_fallback_key()
        body = {
            # Signed by device and owner at once, which saves the upload of the owner's signature.
            "device_keys": identity.signed(self._signed(keys), "self_signing"),
            "one_time_keys": {
                f"signed_curve25519:{name}": self._signed({"key": key.to_base64()})
                for name, key in self.olm.one_time_keys.items()
            },
            "fallback_keys": {
                f"signed_curve25519:{name}": self._signed({"key": key.to_base64(), "fallback": True})
                for name, key in self.olm.fallback_key.items()
            },
        }
        await self.request("POST", path_of("keys", "upload"), body)
        self.olm.mark_keys_as_published()
        await identity.upload(self.request)

    def _signed(self, value: Mapping[str, Any]) -> Json:
        signature = self.olm.sign(canonical(value)).to_base64()
        return {**value, "signatures": {self.user_id: {f"ed25519:{self.device_id}": signature}}}

    async def share_room_key(self, room_id: str, user_id: str) -> int:
        """Make a new room key and give it to every device of `user_id`; return how many have it."""
        session = vodozemac.GroupSession()
        self._outbound[room_id] = session
        told = await self.request("POST", path_of("keys", "query"), {"device_keys": {user_id: []}})
        devices: Json = told["device_keys"].get(user_id, {})
        wanted = {user_id: dict.fromkeys(devices, "signed_curve25519")}
        claimed = await self.request("POST", path_of("keys", "claim"), {"one_time_keys": wanted})
        messages: Json = {}
        for device_id, one_time in claimed["one_time_keys"].get(user_id, {}).items():
            keys = devices[device_id]["keys"]
            theirs, fingerprint = keys[f"curve25519:{device_id}"], keys[f"ed25519:{device_id}"]
            (key,) = one_time.values()
            olm = self.olm.create_outbound_session(
                vodozemac.Curve25519PublicKey.from_base64(theirs),
                vodozemac.Curve25519PublicKey.from_base64(key["key"]),
            )
            self._sessions.append(olm)  # on which the bot may answer
            payload = {
                "type": "m.room_key",
                "content": {
                    "algorithm": MEGOLM,
                    "room_id": room_id,
                    "session_id": session.session_id,
                    "session_key": session.session_key.to_base64(),
                },
                "sender": self.user_id,
                "sender_device": self.device_id,
                "keys": {"ed25519": self.ed25519},
                "recipient": user_id,
                "recipient_keys": {"ed25519": fingerprint},
            }
            kind, body = olm.encrypt(json.dumps(payload).encode()).to_parts()
            messages[device_id] = {
                "algorithm": OLM,
                "sender_key": self.curve25519,
                "ciphertext": {theirs: {"type": kind, "body": unpadded(body)}},
            }
        path = path_of("sendToDevice", "m.room.encrypted", secrets.token_hex(8))
        await self.request("PUT", path, {"messages": {user_id: messages}})
        return len(messages)

    def encrypt(self, room_id: str, content: Mapping[str, Any], kind: str = "m.room.message") -> Json:
        """Return the content of an m.room.encrypted, under the key last shared in the room."""
        session = self._outbound.setdefault(room_id, vodozemac.GroupSession())
        payload = json.dumps({"type": kind, "content": content, "room_id": room_id}).encode()
        return {
            "algorithm": MEGOLM,
            "ciphertext": session.encrypt(payload).to_base64(),
            "device_id": self.device_id,
            "sender_key": self.curve25519,
            "session_id": session.session_id,
        }

    async def say(self, room_id: str, text: str, thread: str | None = None) -> str:
        """Send a text, encrypted, into a thread or none, and return its event id."""
        content = self.encrypt(room_id, {"msgtype": "m.text", "body": text, "m.mentions": {}})
        if thread is not None:
            content["m.relates_to"] = {"rel_type": "m.thread", "event_id": thread}
        path = path_of("rooms", room_id, "send", "m.room.encrypted", secrets.token_hex(8))
        return str((await self.request("PUT", path, content))["event_id"])

    async def read(self) -> list[Json]:
        """Sync once and return the new events that can be read: decrypted, with `room_id`, `sender`, `content`.

        Of each room the last hundred at most, which is what Synapse gives at once.
        """
        query = {"timeout": "0", "filter": json.dumps({"room": {"timeline": {"limit": 100}}})}
        if self._since is not None:
            query["since"] = self._since
        told = await self.request("GET", path_of("sync"), None, **query)
        self._since = told["next_batch"]
        for event in told.get("to_device", {}).get("events", ()):
            self._take_key(event)
        read = []
        for room_id, part in told.get("rooms", {}).get("join", {}).items():
            for event in part["timeline"]["events"]:
                session = self._inbound.get(event["content"].get("session_id", ""))
                if event["type"] == "m.room.encrypted" and session is not None:
                    opened = session.decrypt(vodozemac.MegolmMessage.from_base64(event["content"]["ciphertext"]))
                    payload = json.loads(opened.plaintext)
                    read.append({**payload, "sender": event["sender"], "room_id": room_id})
        return read

    def _take_key(self, event: Json) -> None:
        content = event["content"]
        mine = content.get("ciphertext", {}).get(self.curve25519) if content.get("algorithm") == OLM else None
        if mine is None:
            return
        payload = json.loads(self._open(content["sender_key"], mine))
        if payload["type"] == "m.room_key":
            key = payload["content"]
            self._inbound[key["session_id"]] = vodozemac.InboundGroupSession(vodozemac.SessionKey(key["session_key"]))

    def _open(self, sender_key: str, message: Json) -> bytes:
        if message["type"] == 0:
            pre_key = vodozemac.PreKeyMessage.from_base64(message["body"])
            for session in self._sessions:
                if session.session_matches(pre_key):
                    return bytes(session.decrypt(pre_key.to_any()))
            session, plaintext = self.olm.create_inbound_session(
                vodozemac.Curve25519PublicKey.from_base64(sender_key), pre_key
            )
            self._sessions.append(session)
            return bytes(plaintext)
        body = base64.b64decode(message["body"] + "=" * (-len(message["body"]) % 4))
        for session in self._sessions:
            try:
                return bytes(session.decrypt(vodozemac.AnyOlmMessage.normal(body)))
            except vodozemac.OlmDecryptionException:
                continue
        raise Failed("an Olm message of no known session")
