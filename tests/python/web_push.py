"""A browser and its push service, of which not a line is Carillon's: http-ece decrypts, cryptography checks who signed.

    web_push.py keys   < {}                                              > {"p256dh", "auth", "private"}
    web_push.py read   < {"private", "auth", "body", "authorization"}    > {"payload", "claims", "key"}
"""

import base64
import json
import secrets
import sys

try:
    import http_ece
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
except ImportError as missing:
    sys.exit(f"{missing.name} is not installed: `cargo xtask up` installs what infra/local/requirements.txt lists")

CURVE = ec.SECP256R1()


def encode(octets: bytes) -> str:
    """base64url without padding, as browsers and RFC 8292 have it."""
    return base64.urlsafe_b64encode(octets).decode().rstrip("=")


def decode(text: str) -> bytes:
    """The same, the other way round; what is padded is none."""
    if "=" in text:
        raise ValueError(f"padded: {text}")
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def keys(_asked: dict) -> dict:
    """What `pushManager.subscribe` makes, with the half that a browser keeps to itself."""
    private = ec.generate_private_key(CURVE)
    point = private.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    scalar = private.private_numbers().private_value.to_bytes(32, "big")
    return {"p256dh": encode(point), "auth": encode(secrets.token_bytes(16)), "private": encode(scalar)}


def read(asked: dict) -> dict:
    """What a browser reads of a message, once its push service has seen who sent it."""
    private = ec.derive_private_key(int.from_bytes(decode(asked["private"]), "big"), CURVE)
    plain = http_ece.decrypt(base64.b64decode(asked["body"]), private_key=private, auth_secret=decode(asked["auth"]),
                             version="aes128gcm")
    claims, key = vapid(asked["authorization"])
    return {"payload": json.loads(plain), "claims": claims, "key": key}


def vapid(authorization: str) -> tuple[dict, str]:
    """The claims of the token, and the public key that verifies its signature (RFC 8292, 3)."""
    scheme, parameters = authorization.split(" ", 1)
    given = dict(part.strip().split("=", 1) for part in parameters.split(","))
    header, claims, signature = given["t"].split(".")
    if scheme != "vapid" or json.loads(decode(header)).get("alg") != "ES256" or len(decode(signature)) != 64:
        raise ValueError("not a token of VAPID")
    halves = (int.from_bytes(half, "big") for half in (decode(signature)[:32], decode(signature)[32:]))
    public = ec.EllipticCurvePublicKey.from_encoded_point(CURVE, decode(given["k"]))
    # Raises where it was signed by another.
    public.verify(encode_dss_signature(*halves), f"{header}.{claims}".encode(), ec.ECDSA(hashes.SHA256()))
    return json.loads(decode(claims)), given["k"]


if __name__ == "__main__":
    json.dump({"keys": keys, "read": read}[sys.argv[1]](json.load(sys.stdin)), sys.stdout)
