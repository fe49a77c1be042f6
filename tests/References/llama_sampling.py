#!/usr/bin/env python3
"""llama_sampling.py FOLDER FILE.json.gz: what llama.cpp's own samplers leave of the logits of each case of the file, written back into it.

FOLDER holds libllama.so and the libraries beside it; the NuGet package LLamaSharp.Backend.Cpu has them, in runtimes/linux-x64/native/noavx. A case
has a stage, options, a bias, breakers of DRY as token ids, a history and logits (null is minus infinity): those are kept. `ids` and
`probabilities` are made anew: what has a probability above 1e-20 after the whole chain in llama.cpp's order. Prints how many cases changed.
"""
import ctypes, gzip, json, math, sys
from ctypes import POINTER, Structure, byref, c_bool, c_float, c_int32, c_int64, c_size_t, c_uint32, c_void_p


class Token(Structure):
    _fields_ = [("id", c_int32), ("logit", c_float), ("p", c_float)]


class Tokens(Structure):
    _fields_ = [("data", POINTER(Token)), ("size", c_size_t), ("selected", c_int64), ("sorted", c_bool)]


class Bias(Structure):
    _fields_ = [("token", c_int32), ("bias", c_float)]


class Vector(Structure):
    """A std::vector of the usual libraries: begin, end, end of the memory."""

    _fields_ = [("begin", c_void_p), ("end", c_void_p), ("room", c_void_p)]

    @staticmethod
    def of(array):
        start = ctypes.addressof(array)
        return Vector(start, start + ctypes.sizeof(array), start + ctypes.sizeof(array))


def load(folder):
    for name in "libggml-base", "libggml-cpu", "libggml":
        ctypes.CDLL(f"{folder}/{name}.so", ctypes.RTLD_GLOBAL)
    library = ctypes.CDLL(f"{folder}/libllama.so")
    library.make = {
        name: getattr(library, symbol) for name, symbol in {
            "bias": "llama_sampler_init_logit_bias", "penalties": "llama_sampler_init_penalties", "top_n_sigma": "llama_sampler_init_top_n_sigma",
            "top_k": "llama_sampler_init_top_k", "typical": "llama_sampler_init_typical", "top_p": "llama_sampler_init_top_p",
            "min_p": "llama_sampler_init_min_p", "xtc": "llama_sampler_init_xtc", "temperature": "llama_sampler_init_temp_ext",
            "mirostat": "llama_sampler_init_mirostat_v2",
            "dry": "_Z30llama_sampler_init_dry_testingiffiiRKSt6vectorIS_IiSaIiEESaIS1_EE",  # llama.cpp's entry for its own tests: breakers as ids.
        }.items()
    }
    for make in library.make.values():
        make.restype = c_void_p
    library.llama_sampler_apply.argtypes = [c_void_p, POINTER(Tokens)]
    library.llama_sampler_accept.argtypes = [c_void_p, c_int32]
    library.llama_sampler_free.argtypes = [c_void_p]
    return library


def samplers(library, case):
    o = case["options"]
    number = lambda name: c_float(o[name])
    count = lambda name: c_int32(int(o[name]))
    minimum, count_of_logits = c_size_t(int(o["MinKeep"])), len(case["logits"])
    if case["bias"]:
        biases = (Bias * 3)(Bias(3, case["bias"]), Bias(50, 2 * case["bias"]), Bias(60, -math.inf))
        yield library.make["bias"](c_int32(count_of_logits), c_int32(3), biases)
    yield library.make["penalties"](count("RepeatLastN"), number("RepeatPenalty"), number("FrequencyPenalty"), number("PresencePenalty"))
    if o["DryMultiplier"]:
        breakers = [(c_int32 * len(breaker))(*breaker) for breaker in case["breakers"]]
        outer = (Vector * len(breakers))(*[Vector.of(breaker) for breaker in breakers])
        yield library.make["dry"](
            c_int32(1 << 20), number("DryMultiplier"), number("DryBase"), count("DryAllowedLength"), count("DryPenaltyLastN"), byref(Vector.of(outer)))
    if o["Mirostat"]:
        yield library.make["temperature"](number("Temperature"), c_float(0), c_float(1))
        yield library.make["mirostat"](c_uint32(1), number("MirostatTau"), c_float(0.1))
        return
    yield library.make["top_n_sigma"](number("TopNSigma"))
    yield library.make["top_k"](count("TopK"))
    yield library.make["typical"](number("TypicalP"), minimum)
    yield library.make["top_p"](number("TopP"), minimum)
    yield library.make["min_p"](number("MinP"), minimum)
    yield library.make["xtc"](number("XtcProbability"), number("XtcThreshold"), minimum, c_uint32(1))
    yield library.make["temperature"](number("Temperature"), number("DynamicTemperatureRange"), number("DynamicTemperatureExponent"))


def run(library, case):
    logits = [-math.inf if value is None else value for value in case["logits"]]
    data = (Token * len(logits))(*[Token(i, value, 0) for i, value in enumerate(logits)])
    tokens = Tokens(data, len(logits), -1, False)
    for sampler in samplers(library, case):
        for token in case["history"]:
            library.llama_sampler_accept(sampler, token)
        library.llama_sampler_apply(sampler, byref(tokens))
        library.llama_sampler_free(sampler)
    left = [(tokens.data[i].id, tokens.data[i].logit) for i in range(tokens.size)]
    top = max(logit for _, logit in left)
    total = sum(math.exp(logit - top) for _, logit in left)
    kept = sorted((token, math.exp(logit - top) / total) for token, logit in left)
    kept = [(token, p) for token, p in kept if p > 1e-20]
    return [token for token, _ in kept], [float(f"{p:.6g}") for _, p in kept]


def main():
    library, path = load(sys.argv[1]), sys.argv[2]
    with gzip.open(path) as file:
        cases = json.load(file)
    changed = 0
    for i, case in enumerate(cases):
        ids, probabilities = run(library, case)
        same = ids == case.get("ids") and all(abs(a - b) <= 1e-5 * b for a, b in zip(probabilities, case["probabilities"]))
        if not same:
            changed += 1
            print(f"case {i}, {case['stage']}: {len(ids)} ids instead of {len(case.get('ids', []))}", case["options"])
            case["ids"], case["probabilities"] = ids, probabilities
    print(f"{changed} of {len(cases)} cases changed")
    if changed:
        with gzip.GzipFile(path, "w", mtime=0) as file:
            file.write(json.dumps(cases, separators=(",", ":")).encode())


if __name__ == "__main__":
    main()
