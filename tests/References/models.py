#!/usr/bin/env python3
"""models.py OUT [NAME,NAME..]: writes OUT/NAME.json for tiny models: configuration, tensors, and what transformers computes with them.

Computed with the model classes of transformers in float32 on the processor, eager attention, no cache. The weights are those of generator.py,
so the files hold none. Every tensor of the file is filled, and every one that the model has comes from the file, or the model fails.
"""
import json, math, multiprocessing, os, re, sys, tempfile, traceback, warnings

import numpy as np

import generator
from architectures import MODELS

NEW_TOKENS = 24
MARGIN = 0.02  # between the two best logits of each greedy step: float noise is a hundredth of it
NOISE = 5e-4  # what a relative change of 1e-6 of the embeddings may change in any logit: no router near a tie
OWN = {"exercises", "tokens", "rules", "short", "add", "model_class", "model_type"}
# What follows from the numbers of a layer and its heads, though it is stored.
DERIVED = re.compile("slope_rate|query_decay|key_decay|diagonal_decay")


def rule(name, shape, initial, config, rules):
    """Mean and standard deviation of a tensor."""
    model_type = config.model_type
    last = name.rsplit(".", 1)[-1]
    inputs = shape[-1] if shape else 1
    if model_type == "gpt2" and len(shape) == 2 and "wte" not in name and "wpe" not in name:
        inputs = shape[0]
    if len(shape) == 3 and model_type in ("gpt_oss", "llama4_text"):
        inputs = shape[1]
    if model_type == "dbrx" and name.endswith("w2"):
        inputs = config.ffn_config.ffn_hidden_size
    for expression, kind, value in rules:
        if re.search(expression, name):
            return {"gain": lambda: (0.0, value / math.sqrt(inputs)), "std": lambda: (0.0, value), "normal": lambda: value}[kind]()
    is_norm = re.search(r"norm|ln_|(^|\.)ln", name) and last != "bias" and len(shape) <= 2 and "proj" not in name.split(".")[-2]
    if re.search("correction_bias|expert_bias|moe_statics", name):
        return 0.0, 0.25
    if "sink" in name:
        return 1.0, 0.7
    if last == "D":
        return 1.0, 0.2
    if is_norm and (len(shape) == 1 or re.search("[qk]_norm", name)):
        mean = round(initial)
        if re.search("[qk]_norm|[qk]_layernorm|query_layernorm|key_layernorm", name):
            mean += 0.4
        if model_type.startswith("gemma") and "post_" in name and mean == 0:
            mean = 2.0
        return mean, 0.15
    if last == "bias" or last.endswith("_bias"):
        return 0.0, 0.1
    if re.search("wpe|embed_positions", name):
        return 0.0, 0.4
    if re.search("lm_head|embed_out", name):
        return 0.0, 0.3
    if re.search(r"embed_tokens|wte|word_embeddings|embed_in|backbone\.embeddings", name):
        return 0.0, 0.3 if config.tie_word_embeddings else 0.8
    if "conv" in name and len(shape) >= 2:
        return 0.0, 1.2 / math.sqrt(np.prod(shape[1:]))
    if len(shape) >= 2:
        gain = 1.5 if "shared_expert_gate" in name else 3.0 if re.search(r"gate\.weight|router", name) else 1.2
        if re.search(r"q_proj|k_proj|qkv|Wqkv|query|c_attn|q_b_proj", name):
            gain = 2.0
        return 0.0, gain / math.sqrt(inputs)
    if last in ("beta", "eps"):
        return initial, 0.0
    return initial, 0.15


def rounded(number):
    return float(f"{number:.5g}")


def make(name):
    import torch, transformers
    from safetensors.torch import load_file, save_file

    warnings.simplefilter("ignore")
    transformers.logging.set_verbosity_error()
    torch.set_num_threads(1)
    generator.check()
    spec = MODELS[name]
    rules = spec.get("rules", [])
    report = {}
    with torch.no_grad(), tempfile.TemporaryDirectory() as folder:
        torch.manual_seed(1)
        eager = dict(dtype=torch.float32, attn_implementation="eager")
        wanted = transformers.AutoConfig.for_model(spec["model_type"], **{key: value for key, value in spec.items() if key not in OWN})
        model_class = getattr(transformers, spec.get("model_class", "AutoModelForCausalLM"))
        fresh = (model_class.from_config if hasattr(model_class, "from_config") else model_class._from_config)(wanted, **eager).eval()
        config = fresh.config
        fresh.save_pretrained(folder)
        written = json.load(open(f"{folder}/config.json"))
        written.update(spec.get("add", {}))
        json.dump(written, open(f"{folder}/config.json", "w"))
        path = f"{folder}/model.safetensors"
        initial = load_file(path)
        tensors = {}
        for tensor, value in initial.items():
            if DERIVED.search(tensor):
                continue
            assert value.dtype == torch.float32, f"{tensor} is {value.dtype}"
            mean, deviation = rule(tensor, list(value.shape), float(value.mean()), config, rules)
            # A uniform number within ± spread deviates by spread / sqrt(3).
            tensors[tensor] = [list(value.shape), rounded(mean), rounded(deviation * math.sqrt(3))]

        def load():
            values = {tensor: torch.from_numpy(generator.weights(name, tensor, *value)) for tensor, value in tensors.items()}
            values |= {tensor: value for tensor, value in initial.items() if DERIVED.search(tensor)}
            save_file(values, path, metadata={"format": "pt"})
            model, info = model_class.from_pretrained(folder, **eager, output_loading_info=True)
            missing = {key for key in info["missing_keys"]}
            if config.tie_word_embeddings:
                missing -= {"lm_head.weight", "embed_out.weight"}
            assert not missing and not info["unexpected_keys"] and not info["mismatched_keys"], f"not filled: {missing}; {info}"
            return model.eval()

        model = load()

        def forward(ids):
            for module in model.modules():  # A dynamic rope keeps the longest length that it has seen.
                if getattr(module, "rope_type", None) == "dynamic" and hasattr(module, "original_inv_freq"):
                    module.inv_freq = module.original_inv_freq.clone()
                    module.max_seq_len_cached = module.original_max_seq_len
            return model(torch.tensor([ids]), use_cache=False).logits[0].float()

        vocabulary = spec["vocab_size"]
        deviation = float(forward(generator.ids(f"{name}/probe", 64, vocabulary)).std())
        if not 1.3 < deviation < 3:
            factor = 2 / deviation
            heads = [tensor for tensor in tensors if re.search(r"(lm_head|embed_out)\.weight", tensor)]
            norms = [tensor for tensor in tensors if re.search("norm|ln_f", tensor) and not re.search(r"\.\d+\.|per_layer|word_embeddings_layernorm", tensor)]
            if heads:
                tensors[heads[0]][2] = rounded(tensors[heads[0]][2] * factor)
            elif norms:
                for norm in norms:
                    shift = 1.0 if spec["model_type"] == "nemotron" or tensors[norm][1] == 0 and not norm.endswith("bias") else 0.0
                    tensors[norm][1:] = [rounded((tensors[norm][1] + shift) * factor - shift), rounded(tensors[norm][2] * factor)]
            model = load()
        embeddings = model.get_input_embeddings().weight

        def prompt(length, kind):
            best = None
            for trial in range(20):
                ids = generator.ids(f"{name}/{kind}/{trial}", length, vocabulary)
                sequence, margin, logits = list(ids), math.inf, None
                for _ in range(NEW_TOKENS):
                    row = forward(sequence)
                    logits = row if logits is None else logits
                    values, indices = row[-1].topk(2)
                    margin = min(margin, float(values[0] - values[1]))
                    sequence.append(int(indices[0]))
                reference, kept, noise = forward(sequence), embeddings.clone(), 0.0
                for seed in range(2):
                    change = torch.from_numpy(generator.weights(f"{name}/noise", str(seed), list(kept.shape), 0.0, 1e-6))
                    embeddings.copy_(kept * (1 + change))
                    noise = max(noise, float((forward(sequence) - reference).abs().max()))
                embeddings.copy_(kept)
                score = min(margin / MARGIN, 1) - (noise > NOISE) + 0.1 * min(len(set(sequence[length:])), 5)
                if best is None or score > best[0]:
                    best = score, ids, sequence[length:], logits, margin, noise
                if score >= 1.5:
                    break
            _, ids, greedy, logits, margin, noise = best
            report[kind] = dict(trial=trial, margin=margin, noise=noise, distinct=len(set(greedy)), deviation=float(logits.std()))
            rows = [logits[position, generator.entries(position, vocabulary)].tolist() for position in range(length)]
            return logits, dict(
                ids=ids, deviation=float(f"{float(logits.std()):.7g}"), logits=[float(f"{value:.6g}") for row in rows for value in row], greedy_ids=greedy
            )

        logits, golden = prompt(spec["tokens"], "prompt")
        result = dict(
            model=name, exercises=spec["exercises"], made_with=f"transformers {transformers.__version__}, torch {torch.__version__}", config=written,
            tensors=generator.fold(tensors), prompt=golden,
        )
        assert {one for folded in result["tensors"] for one in generator.unfold(folded)} == set(tensors)
        if spec.get("short"):
            result["short_prompt"] = prompt(20, "short")[1]
        # What shows too little in the logits is not tested.
        weak = {}
        for key, value in model.named_parameters():
            kept = value.clone()
            value.copy_(torch.zeros_like(value) if value.ndim > 1 or key.endswith("bias") else value.mean().expand_as(value))
            effect = float((forward(golden["ids"]) - logits).nan_to_num(9).abs().max() / logits.std())
            value.copy_(kept)
            if effect < 0.02:
                weak[key] = round(effect, 5)
        ids = golden["ids"]
        report["order"] = float((forward(ids[:10] + ids[10:-5][::-1] + ids[-5:])[-1] - logits[-1]).abs().max())
        report |= dict(weak=weak, parameters=sum(value.numel() for value in model.parameters()))
    return result, report


def write(folder, result):
    """One line for each key of the first level, and for each tensor: easy to read, and small."""
    lines = []
    for key, value in result.items():
        if key in ("config", "tensors"):
            inner = ",\n".join(f"    {json.dumps(one)}: {json.dumps(value[one])}" for one in value)
            lines.append(f'  "{key}": {{\n{inner}\n  }}')
        elif key.endswith("prompt"):
            inner = ",\n".join(f"    {json.dumps(one)}: {json.dumps(value[one], separators=(',', ':'))}" for one in value)
            lines.append(f'  "{key}": {{\n{inner}\n  }}')
        else:
            lines.append(f"  {json.dumps(key)}: {json.dumps(value)}")
    with open(f"{folder}/{result['model']}.json", "w") as file:
        file.write("{\n" + ",\n".join(lines) + "\n}\n")


def attempt(name):
    try:
        return name, make(name), None
    except BaseException:
        return name, None, traceback.format_exc()[-1500:]


def main():
    folder = sys.argv[1]
    os.makedirs(folder, exist_ok=True)
    names = sys.argv[2].split(",") if len(sys.argv) > 2 else list(MODELS)
    failed = []
    with multiprocessing.get_context("spawn").Pool(min(len(names), os.cpu_count()), maxtasksperchild=1) as pool:
        for name, made, error in pool.imap_unordered(attempt, names):
            if error:
                failed.append(name)
                print(f"FAILED {name}: {error}", flush=True)
            else:
                write(folder, made[0])
                print(name, json.dumps(made[1]), flush=True)
    print(f"{len(names) - len(failed)} of {len(names)} models written; failed: {failed}")
    sys.exit(len(failed) > 0)


if __name__ == "__main__":
    main()
