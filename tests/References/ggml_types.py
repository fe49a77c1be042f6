#!/usr/bin/env python3
"""ggml_types.py LIBGGML_BASE OUT.json [LIBRARY_NAME]: what ggml makes of blocks of each tensor type, of a matrix, and of models of such blocks.

LIBGGML_BASE is a libggml-base.so without FMA; the NuGet package LLamaSharp.Backend.Cpu has one, in runtimes/linux-x64/native/noavx. Needs numpy,
and torch and transformers for the logits. Blocks are bytes of generator.py, of which a few are made valid: see `fields`.
"""
import ctypes, hashlib, json, os, sys

import numpy as np

import generator

# name: number in files, values and bytes of a block, and its scales: ("half", offset), or what their types have instead.
TYPES = {
    "F16": (1, 1, 2, [("half", 0)]), "BF16": (30, 1, 2, [("half", 0)]),
    "Q4_0": (2, 32, 18, [("half", 0)]), "Q4_1": (3, 32, 20, [("half", 0), ("half", 2)]), "Q5_0": (6, 32, 22, [("half", 0)]),
    "Q5_1": (7, 32, 24, [("half", 0), ("half", 2)]), "Q8_0": (8, 32, 34, [("half", 0)]),
    "Q2_K": (10, 256, 84, [("half", 80), ("half", 82)]), "Q3_K": (11, 256, 110, [("half", 108)]),
    "Q4_K": (12, 256, 144, [("half", 0), ("half", 2)]), "Q5_K": (13, 256, 176, [("half", 0), ("half", 2)]),
    "Q6_K": (14, 256, 210, [("half", 208)]), "Q8_K": (15, 256, 292, [("single", 0)]),
    "IQ2_XXS": (16, 256, 66, [("half", 0)]), "IQ2_XS": (17, 256, 74, [("half", 0)]), "IQ3_XXS": (18, 256, 98, [("half", 0)]),
    "IQ1_S": (19, 256, 50, [("half", 0)]), "IQ4_NL": (20, 32, 18, [("half", 0)]), "IQ3_S": (21, 256, 110, [("half", 0)]),
    "IQ2_S": (22, 256, 82, [("half", 0)]), "IQ4_XS": (23, 256, 136, [("half", 0)]), "IQ1_M": (29, 256, 56, [("nibbles", 48)]),
    "TQ1_0": (34, 256, 54, [("half", 52)]), "TQ2_0": (35, 256, 66, [("half", 64)]), "MXFP4": (39, 32, 17, [("power", 0)]),
    "NVFP4": (40, 64, 36, [("e4m3", at) for at in range(4)]), "Q1_0": (41, 128, 18, [("half", 0)]), "Q2_0": (42, 64, 18, [("half", 0)]),
}
# Types that ggml decodes nowhere: elements of these formats, as C converts them.
PLAIN = {"F32": "<f4", "F64": "<f8", "I8": "<i1", "I16": "<i2", "I32": "<i4", "I64": "<i8"}
BLOCKS = 400
ROWS, COLUMNS = 64, 512
NOT_ENCODED = {"Q8_K"}

# Models of blocks: sizes that blocks of 256 divide, the architecture qwen3.
MODELS = ["Q1_0", "Q2_0", "TQ1_0", "TQ2_0", "IQ1_S", "IQ1_M", "IQ2_XXS", "IQ2_XS", "IQ2_S", "IQ3_XXS", "IQ3_S", "IQ4_NL", "IQ4_XS", "MXFP4", "NVFP4"]
HIDDEN, LAYERS, HEADS, KV_HEADS, HEAD, FEED_FORWARD, VOCABULARY, TOKENS, KEPT = 256, 2, 4, 2, 64, 512, 256, 24, 8


class Traits(ctypes.Structure):
    _fields_ = [("name", ctypes.c_char_p), ("block", ctypes.c_int64), ("interleave", ctypes.c_int64), ("size", ctypes.c_size_t),
                ("quantized", ctypes.c_bool), ("to_float", ctypes.c_void_p), ("from_float", ctypes.c_void_p)]


class Ggml:
    def __init__(self, path):
        self.library = ctypes.CDLL(path)
        self.library.ggml_get_type_traits.restype = ctypes.POINTER(Traits)
        self.library.ggml_quantize_chunk.restype = ctypes.c_size_t
        self.library.ggml_quantize_requires_imatrix.restype = ctypes.c_bool
        self.library.ggml_version.restype = ctypes.c_char_p

    def decode(self, name, data):
        number, block, size, _ = TYPES[name]
        traits = self.library.ggml_get_type_traits(number).contents
        assert traits.size == size and traits.block == block, name
        address = traits.to_float or ctypes.cast(self.library.dequantize_row_q8_K, ctypes.c_void_p).value
        values = np.empty(data.size // size * block, np.float32)
        data = np.ascontiguousarray(data)
        ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_int64)(address)(data.ctypes.data, values.ctypes.data, values.size)
        return values

    def encode(self, name, matrix, importance):
        number, block, size, _ = TYPES[name]
        data = np.zeros(matrix.size // block * size, np.uint8)
        given = None if importance is None else ctypes.c_void_p(importance.ctypes.data)
        written = self.library.ggml_quantize_chunk(
            ctypes.c_int(number), ctypes.c_void_p(matrix.ctypes.data), ctypes.c_void_p(data.ctypes.data), ctypes.c_int64(0),
            ctypes.c_int64(matrix.shape[0]), ctypes.c_int64(matrix.shape[1]), given)
        assert written == data.size
        return data


def fields(name, exponent=None):
    """[offset, and, or] for bytes of each block: scales that are finite, or those of one exponent (that of a half)."""
    if name in PLAIN:
        return {"F32": [[3, 0xBF, 0]], "F64": [[7, 0xBF, 0]]}.get(name, [])
    found = []
    for kind, at in TYPES[name][3]:
        if exponent is None:
            found += {
                "half": [[at + 1, 0xBF, 0]], "single": [[at + 3, 0xBF, 0]], "nibbles": [[at + 7, 0xBF, 0]], "power": [[at, 0x7F, 0]],
                "e4m3": [[at, 0x7F, 0]],
            }[kind]
        else:
            found += {
                "half": [[at + 1, 0x83, exponent << 2]],
                "nibbles": [[at + 5, 0x3F, (exponent & 3) << 6], [at + 7, 0x8F, exponent >> 2 << 4]],
                "power": [[at, 0x01, exponent + 112]],
                "e4m3": [[at, 0x0F, max(exponent - 6, 0) << 3 & 0x70]],
            }[kind]
    return found


def block_bytes(text, size, blocks, changes):
    data = generator.bits(text, (size * blocks + 7) // 8).astype("<u8").view(np.uint8)[: size * blocks].reshape(blocks, size).copy()
    for at, keep, put in changes:
        data[:, at] = data[:, at] & keep | put
    return data


def matrix():
    """Sums of three uniform numbers, rows of different scale, strong columns; all steps in float32 are exact or rounded once."""
    parts = [generator.weights("types", f"matrix.{i}", [ROWS, COLUMNS], 0.0, 0.03) for i in range(3)]
    values = (parts[0] + parts[1]) + parts[2]
    values *= (1 + np.arange(ROWS) % 7).astype(np.float32)[:, None]
    values[:, 5::97] *= np.float32(4)
    return np.ascontiguousarray(values), generator.weights("types", "importance", [COLUMNS], 1.0, 0.9)


def logits(ggml, name, exponent):
    import torch, transformers

    torch.set_num_threads(8)
    config = transformers.Qwen3Config(
        vocab_size=VOCABULARY, hidden_size=HIDDEN, num_hidden_layers=LAYERS, num_attention_heads=HEADS, num_key_value_heads=KV_HEADS, head_dim=HEAD,
        intermediate_size=FEED_FORWARD, max_position_embeddings=512, rms_norm_eps=1e-6, rope_theta=10000.0, tie_word_embeddings=False)
    model = transformers.Qwen3ForCausalLM._from_config(config, dtype=torch.float32, attn_implementation="eager").eval()
    names = {"q_proj": "attn_q", "k_proj": "attn_k", "v_proj": "attn_v", "o_proj": "attn_output", "q_norm": "attn_q_norm", "k_norm": "attn_k_norm",
             "gate_proj": "ffn_gate", "up_proj": "ffn_up", "down_proj": "ffn_down", "input_layernorm": "attn_norm", "post_attention_layernorm": "ffn_norm"}
    outer = {"model.embed_tokens.weight": "token_embd.weight", "model.norm.weight": "output_norm.weight", "lm_head.weight": "output.weight"}
    _, block, size, _ = TYPES[name]
    with torch.no_grad():
        for key, value in model.named_parameters():
            parts = key.split(".")
            tensor = outer.get(key) or f"blk.{parts[2]}.{names[parts[-2]]}.weight"
            shape = list(value.shape)
            if value.ndim == 1:
                filled = generator.weights(f"types/{name}", tensor, shape, 1.0, 0.2)
            elif tensor == "token_embd.weight":
                filled = generator.weights(f"types/{name}", tensor, shape, 0.0, 1.0)
            else:
                data = block_bytes(f"types/{name}/{tensor}", size, value.numel() // block, fields(name, exponent))
                filled = ggml.decode(name, data).reshape(shape)
            value.copy_(torch.from_numpy(filled))
        ids = generator.ids(f"types/{name}/ids", TOKENS, VOCABULARY)
        found = model(torch.tensor([ids]), use_cache=False).logits[0]
    kept = [found[position, generator.entries(position, VOCABULARY, KEPT)].tolist() for position in range(TOKENS)]
    print(name, "logits deviate by", float(found.std()), "weights by", float(model.model.layers[0].mlp.up_proj.weight.std()), flush=True)
    return dict(fields=fields(name, exponent), ids=ids, deviation=float(f"{float(found.std()):.7g}"),
                logits=[float(f"{value:.6g}") for row in kept for value in row])


def exponent_for(ggml, name):
    """The exponent of a half for which weights deviate by about 0.07."""
    best = None
    for exponent in range(1, 24):
        data = block_bytes(f"types/{name}/probe", TYPES[name][2], 200, fields(name, exponent))
        distance = abs(np.log(ggml.decode(name, data).std() / 0.07 + 1e-30))
        if best is None or distance < best[0]:
            best = distance, exponent
    return best[1]


def main():
    generator.check()
    ggml = Ggml(sys.argv[1])
    source, importance = matrix()
    described = {}
    for name in [*TYPES, *PLAIN]:
        size = TYPES[name][2] if name in TYPES else np.dtype(PLAIN[name]).itemsize
        blocks = BLOCKS if name in TYPES and TYPES[name][1] > 1 else 4096
        data = block_bytes(f"types/{name}", size, blocks, fields(name))
        with np.errstate(all="ignore"):
            values = ggml.decode(name, data) if name in TYPES else data.reshape(-1).view(PLAIN[name]).astype(np.float32)
        assert np.isfinite(values).all(), name
        values = values + np.float32(0)  # -0 is 0
        entry = dict(block_bytes=size, blocks=blocks, fields=fields(name), first=[float(value) for value in values[:4]],
                     sha256=hashlib.sha256(values.astype("<f4").tobytes()).hexdigest())
        if name in TYPES and name not in NOT_ENCODED:
            for kind, given in ("plain", None), ("importance", importance):
                if given is None and ggml.library.ggml_quantize_requires_imatrix(TYPES[name][0]):
                    continue
                squares = (source.astype(np.float64) - ggml.decode(name, ggml.encode(name, source, given)).reshape(source.shape)) ** 2
                weights = np.broadcast_to(importance.astype(np.float64), source.shape)
                entry[f"error_{kind}"] = [float(f"{squares.mean():.7g}"), float(f"{(squares * weights).sum() / weights.sum():.7g}")]
        described[name] = entry
        print(name, entry, flush=True)
    library = f"ggml {ggml.library.ggml_version().decode()}" + (f" ({sys.argv[3]})" if len(sys.argv) > 3 else "")
    models = {}
    for name in MODELS:
        models[name] = logits(ggml, name, exponent_for(ggml, name))
    import torch, transformers

    with open(sys.argv[2], "w") as file:
        sections = [f'  "made_with": {json.dumps(f"{library}, transformers {transformers.__version__}, torch {torch.__version__}")}']
        for key, section in ("types", described), ("models", models):
            lines = ",\n".join(f"    {json.dumps(name)}: {json.dumps(value, separators=(',', ':'))}" for name, value in section.items())
            sections.append(f'  "{key}": {{\n{lines}\n  }}')
        file.write("{\n" + ",\n".join(sections) + "\n}\n")


if __name__ == "__main__":
    main()
