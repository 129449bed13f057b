// A member's client that shares no code with the bot: matrix-js-sdk with its Rust crypto, in the mode in which it neither
// reads nor writes to devices that their owner did not cross-sign. One JSON object a line: requests come in on standard
// input and are answered by their id on standard output, where everything that happens is told too.

import { createInterface } from "node:readline";
import { setTimeout as pause } from "node:timers/promises";

import * as sdk from "matrix-js-sdk";
import {
    EventShieldColour,
    EventShieldReason,
    OnlySignedDevicesIsolationMode,
    VerificationPhase,
    VerificationRequestEvent,
    VerifierEvent,
} from "matrix-js-sdk/lib/crypto-api/index.js";

const loud = Boolean(process.env.INDEPENDENT_MEMBER_LOG);
const note = loud ? (...words) => process.stderr.write(`${words.map(String).join(" ")}\n`) : () => {};
const quiet = { trace: note, debug: note, info: note, warn: note, error: note, log: note, getChild: () => quiet };
// Standard output belongs to the protocol.
Object.assign(console, { log: note, info: note, debug: note, warn: note, error: note, trace: note, group: note });

const tell = (what) => process.stdout.write(`${JSON.stringify(what)}\n`);

let client;
let recoveryKey; // [key id, private key] of the secret storage, from which a second device gets the signing keys
let password;
const running = new Map(); // verification requests by the name the driver gave them

const proof = async (makeRequest) => {
    await makeRequest({
        type: "m.login.password",
        identifier: { type: "m.id.user", user: client.getUserId() },
        password,
    });
};

async function describe(event) {
    const content = event.getContent();
    const relation = event.getWireContent()["m.relates_to"] ?? content["m.relates_to"] ?? {};
    const info = event.isEncrypted() ? await client.getCrypto().getEncryptionInfoForEvent(event) : null;
    return {
        event: "message",
        event_id: event.getId(),
        room_id: event.getRoomId(),
        sender: event.getSender(),
        kind: event.getType(),
        encrypted: event.isEncrypted(),
        failure: event.isDecryptionFailure() ? (event.decryptionFailureReason ?? "UNKNOWN") : null,
        body: event.isDecryptionFailure() ? null : ((content["m.new_content"] ?? content).body ?? null),
        msgtype: content.msgtype ?? null,
        shield: info === null ? null : EventShieldColour[info.shieldColour],
        shield_reason: info?.shieldReason == null ? null : EventShieldReason[info.shieldReason],
        session: event.isEncrypted() ? (event.getWireContent().session_id ?? null) : null,
        thread: relation.rel_type === "m.thread" ? relation.event_id : null,
        replaces: relation.rel_type === "m.replace" ? relation.event_id : null,
    };
}

async function hear(event) {
    if (event.isState() || event.status) return;
    if (!["m.room.message", "m.room.encrypted"].includes(event.getWireType())) return;
    await client.decryptEventIfNeeded(event);
    tell(await describe(event));
}

const joinWhenInvited = async (room, membership) => {
    if (membership !== "invite") return;
    await client.joinRoom(room.roomId);
};

function watch(name, request) {
    running.set(name, request);
    const tellState = () =>
        tell({
            event: "verification",
            name,
            phase: VerificationPhase[request.phase],
            code: request.cancellationCode,
            by: request.phase === VerificationPhase.Cancelled ? (request.cancellingUserId ?? null) : null,
        });
    request.on(VerificationRequestEvent.Change, tellState);
    tellState();
}

const actions = {
    async login({ url, user, password: given, recovery, signed }) {
        password = given;
        const answer = await sdk.createClient({ baseUrl: url, logger: quiet }).loginRequest({
            type: "m.login.password",
            identifier: { type: "m.id.user", user },
            password,
            initial_device_display_name: "independent",
        });
        if (recovery) recoveryKey = [recovery.id, Uint8Array.from(Buffer.from(recovery.key, "base64"))];
        client = sdk.createClient({
            baseUrl: url,
            userId: answer.user_id,
            deviceId: answer.device_id,
            accessToken: answer.access_token,
            logger: quiet,
            verificationMethods: ["m.sas.v1"],
            cryptoCallbacks: {
                getSecretStorageKey: async () => recoveryKey ?? null,
                cacheSecretStorageKey: (id, _info, key) => {
                    recoveryKey = [id, key];
                },
            },
        });
        await client.initRustCrypto({ useIndexedDB: false });
        client.getCrypto().setDeviceIsolationMode(new OnlySignedDevicesIsolationMode());
        client.on(sdk.ClientEvent.Event, (event) => void hear(event));
        client.on(sdk.MatrixEventEvent.Decrypted, (event) => void describe(event).then(tell));
        client.on(sdk.RoomEvent.MyMembership, (room, membership) => void joinWhenInvited(room, membership));
        const synced = new Promise((resolve) => {
            client.on(sdk.ClientEvent.Sync, (state) => state === "PREPARED" && resolve());
        });
        await client.startClient({ initialSyncLimit: 50, pollTimeout: 5000 });
        await synced;
        if (signed) await actions.sign({});
        return { user_id: answer.user_id, device_id: answer.device_id };
    },
    // The first device makes the account's signing keys and puts them into the secret storage, a later one takes them there.
    async sign() {
        const crypto = client.getCrypto();
        const first = recoveryKey === undefined;
        // Keys taken from the storage are only believed when they fit the account's public ones.
        await crypto.userHasCrossSigningKeys(client.getUserId(), true);
        await crypto.bootstrapCrossSigning({ authUploadDeviceSigningKeys: proof });
        if (first) {
            await crypto.bootstrapSecretStorage({
                createSecretStorageKey: () => crypto.createRecoveryKeyFromPassphrase(),
            });
        }
        // The signature is seen once the homeserver has told of the changed device.
        let status = null;
        for (let round = 0; round < 100 && !status?.signedByOwner; round += 1) {
            if (round > 0) await pause(100);
            status = await crypto.getDeviceVerificationStatus(client.getUserId(), client.getDeviceId());
        }
        if (!status?.signedByOwner) throw new Error("the device is not signed");
        return { id: recoveryKey[0], key: Buffer.from(recoveryKey[1]).toString("base64") };
    },
    async logout() {
        client.stopClient();
        await client.logout();
        return {};
    },
    async rooms() {
        const joined = client.getRooms().filter((room) => room.getMyMembership() === "join");
        return { rooms: joined.map((room) => room.roomId) };
    },
    async members({ room }) {
        return { members: (client.getRoom(room)?.getJoinedMembers() ?? []).map((one) => one.userId) };
    },
    async create({ name, invite, rotation_messages: rotationMessages, direct }) {
        const content = { algorithm: "m.megolm.v1.aes-sha2" };
        if (rotationMessages) content.rotation_period_msgs = rotationMessages;
        const { room_id: room } = await client.createRoom({
            ...(name ? { name } : {}),
            preset: "private_chat",
            is_direct: Boolean(direct),
            invite,
            initial_state: [{ type: "m.room.encryption", state_key: "", content }],
        });
        return { room };
    },
    async say({ room, body, thread }) {
        const content = { msgtype: "m.text", body, "m.mentions": {} };
        if (thread) content["m.relates_to"] = { rel_type: "m.thread", event_id: thread };
        return await client.sendEvent(room, "m.room.message", content);
    },
    async edit({ room, event_id: eventId, body }) {
        const newer = { msgtype: "m.text", body, "m.mentions": {} };
        const relation = { rel_type: "m.replace", event_id: eventId };
        return await client.sendEvent(room, "m.room.message", {
            ...newer,
            body: `* ${body}`,
            "m.new_content": newer,
            "m.relates_to": relation,
        });
    },
    // What this client thinks of a device: signed by its owner, and verified by this user.
    async device({ user, device }) {
        const status = await client.getCrypto().getDeviceVerificationStatus(user, device);
        const owner = await client.getCrypto().getUserVerificationStatus(user);
        return {
            known: status !== null,
            signed: status?.signedByOwner ?? false,
            user_verified: owner.isCrossSigningVerified(),
        };
    },
    async verify({ name, user, device, room }) {
        const crypto = client.getCrypto();
        const request = room
            ? await crypto.requestVerificationDM(user, room)
            : await crypto.requestDeviceVerification(user, device);
        watch(name, request);
        return { transaction: request.transactionId };
    },
    // Once the other side is ready: agree on keys and show the short code. Nothing is confirmed before `confirm`.
    async compare({ name }) {
        const request = running.get(name);
        const verifier = await request.startVerification("m.sas.v1");
        const shown = new Promise((resolve, reject) => {
            verifier.on(VerifierEvent.ShowSas, resolve);
            verifier.on(VerifierEvent.Cancel, () => reject(new Error(`cancelled: ${request.cancellationCode}`)));
        });
        verifier.verify().catch((error) => note(error));
        const { sas } = await shown;
        return { emoji: sas.emoji.map(([sign, word]) => [sign, word]), decimals: sas.decimal };
    },
    async confirm({ name }) {
        await running.get(name).verifier.getShowSasCallbacks().confirm();
        return {};
    },
    async mismatch({ name }) {
        running.get(name).verifier.getShowSasCallbacks().mismatch();
        return {};
    },
    async cancel({ name }) {
        await running.get(name).cancel();
        return {};
    },
};

process.on("unhandledRejection", (error) => note(error?.stack ?? error));

const lines = createInterface({ input: process.stdin, crlfDelay: Infinity });
lines.on("line", async (line) => {
    const { id, action, ...wishes } = JSON.parse(line);
    try {
        tell({ id, result: await actions[action](wishes) });
    } catch (error) {
        tell({ id, error: String(error?.message ?? error) });
    }
});
// The driver is gone, however it ended.
lines.on("close", () => process.exit(0));
