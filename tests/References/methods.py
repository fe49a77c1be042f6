#!/usr/bin/env python3
"""methods.py OUT: attention methods in float64 (numpy), on the model "llama" of models/, step by step as the papers say.

Writes OUT/cases.json and for each case OUT/NAME.safetensors: logits after the prompt and after each forced id (every eighth entry), and how many
rows each layer and KV head read; for A2ATS the codebook too. Prompts are chosen so that no selection is decided by less than GAP, and the
same program without a method is compared with what transformers computed.
"""
import json, os, struct, sys

import numpy as np

import generator

MODEL, PROMPT, STEPS, STRIDE, GAP = "llama", 150, 24, 8, 2e-4
HERE = os.path.dirname(os.path.abspath(__file__))

FULL = dict(method="full")
CASES = {
    "recycled-fixed": (FULL, dict(method="recycled", k=24, pool=1, stride=7)),
    "recycled-pooled": (FULL, dict(method="recycled", k=33, pool=5, stride=9)),
    "recycled-dynamic": (FULL, dict(method="recycled", k=20, pool=1, check=3, threshold=0.2)),
    "recycled-grows": (FULL, dict(method="recycled", k=12, pool=1, stride=64)),
    "delta": (FULL, dict(method="delta", warmup=1, delta_layers=[1], page=8, pages=6, recent=2)),
    "delta-first-layer": (FULL, dict(method="delta", warmup=0, delta_layers=[0], page=4, pages=9, recent=1)),
    "token-sparse": (dict(method="token-sparse", sparse_layers=[1, 2], w=16, kappa=5, tau=0.2, m0=20), FULL),
    "token-sparse-minimum": (dict(method="token-sparse", sparse_layers=[0, 2], w=8, kappa=3, tau=0.7, m0=90), FULL),
    "token-sparse-and-delta": (
        dict(method="token-sparse", sparse_layers=[2], w=16, kappa=7, tau=0.1, m0=32),
        dict(method="delta", warmup=1, delta_layers=[1], page=8, pages=6, recent=2)),
    "a2ats": (FULL, dict(method="a2ats", centroids=16, w=16, b=64, sink=4, rho=0.125)),
}
LENGTHS = {"recycled-grows": 16}


class Model:
    def __init__(self, name):
        self.description = json.load(open(f"{HERE}/models/{name}.json"))
        config = self.description["config"]
        self.tensors = {
            tensor: generator.weights(name, tensor, *value).astype(np.float64)
            for folded, value in self.description["tensors"].items() for tensor in generator.unfold(folded)
        }
        self.layers, self.heads, self.kv_heads = (config[f"num_{key}"] for key in ("hidden_layers", "attention_heads", "key_value_heads"))
        self.head, self.vocabulary, self.eps = config["head_dim"], config["vocab_size"], config["rms_norm_eps"]
        rope = config["rope_parameters"]
        frequencies = rope["rope_theta"] ** (-np.arange(0, self.head, 2) / self.head)
        # Llama 3: low frequencies are divided, high ones stay, between them both are mixed.
        turns = rope["original_max_position_embeddings"] * frequencies / (2 * np.pi)
        mix = np.clip((turns - rope["low_freq_factor"]) / (rope["high_freq_factor"] - rope["low_freq_factor"]), 0, 1)
        self.frequencies = frequencies * (mix + (1 - mix) / rope["factor"])

    def __getitem__(self, tensor):
        return self.tensors[tensor]

    def norm(self, x, tensor):
        return x / np.sqrt((x * x).mean(-1, keepdims=True) + self.eps) * self[tensor]

    def rotate(self, x, positions):
        """x [heads, n, head], halves rotated against each other."""
        angles = np.asarray(positions)[:, None] * self.frequencies
        cos, sin = np.cos(angles), np.sin(angles)
        a, b = np.split(x, 2, -1)
        return np.concatenate([a * cos - b * sin, b * cos + a * sin], -1)

    def project(self, x, layer, letter, heads):
        return (x @ self[f"model.layers.{layer}.self_attn.{letter}_proj.weight"].T).reshape(len(x), heads, self.head).transpose(1, 0, 2)

    def feed_forward(self, x, layer):
        matrix = lambda name: self[f"model.layers.{layer}.mlp.{name}_proj.weight"].T
        gate = x @ matrix("gate")
        return (gate / (1 + np.exp(-gate)) * (x @ matrix("up"))) @ matrix("down")

    def logits(self, x):
        return self.norm(x, "model.norm.weight") @ self["lm_head.weight"].T


def softmax(x):
    e = np.exp(x - x.max(-1, keepdims=True))
    return e / e.sum(-1, keepdims=True)


class Run:
    """One sequence: prompt, then steps. Rows of keys before rotation are kept for A2ATS."""

    def __init__(self, model, prefill, decode):
        self.model, self.prefill, self.decode = model, prefill, decode
        self.keys, self.raw_keys, self.values = ([None] * model.layers for _ in range(3))
        self.gaps, self.samples, self.t = [], [], 0
        self.state = [{} for _ in range(model.layers)]

    def gap(self, ranked, cut):
        """The relative distance of a cut of a descending list; rows that are exactly as good are decided by their order."""
        if 0 < cut < len(ranked):
            differing = [abs(a - b) for a in ranked[:cut][-1:] for b in ranked[cut:] if a != b][:1]
            above = [abs(a - ranked[cut]) for a in ranked[:cut][::-1] if a != ranked[cut]][:1]
            self.gaps += [value / abs(ranked[cut - 1]) for value in (differing if ranked[cut - 1] != ranked[cut] else differing + above)]

    def read_prompt(self, ids):
        m = self.model
        x = m["model.embed_tokens.weight"][ids]
        positions = np.arange(len(ids))
        for layer in range(m.layers):
            h = m.norm(x, f"model.layers.{layer}.input_layernorm.weight")
            raw_q, raw_k, v = (m.project(h, layer, letter, heads) for letter, heads in (("q", m.heads), ("k", m.kv_heads), ("v", m.kv_heads)))
            q, k = m.rotate(raw_q, positions), m.rotate(raw_k, positions)
            self.keys[layer], self.raw_keys[layer], self.values[layer] = k, raw_k, v
            sets = self.kept(layer, q, k) if layer in self.prefill.get("sparse_layers", []) else None
            out = np.zeros((m.heads, len(ids), m.head))
            for head in range(m.heads):
                rows = positions if sets is None else sets[head]
                kv = head // (m.heads // m.kv_heads)
                scores = q[head, rows] @ k[kv, rows].T / np.sqrt(m.head)
                scores[np.triu_indices(len(rows), 1)] = -np.inf
                out[head, rows] = softmax(scores) @ v[kv, rows]
            self.after_prompt(layer, raw_q, q)
            x = x + out.transpose(1, 0, 2).reshape(len(ids), -1) @ m[f"model.layers.{layer}.self_attn.o_proj.weight"].T
            x = x + m.feed_forward(m.norm(x, f"model.layers.{layer}.post_attention_layernorm.weight"), layer)
        return m.logits(x)

    def kept(self, layer, q, k):
        """Token sparse attention: the rows of each query head, or None for all."""
        m, p = self.model, self.prefill
        n, w = q.shape[1], p["w"]
        if n <= p["m0"] + w:
            return None
        scores = np.empty((m.heads, n - w))
        for head in range(m.heads):
            raw = q[head, n - w :] @ k[head // (m.heads // m.kv_heads)].T / np.sqrt(m.head)
            raw[np.arange(n)[None, :] > np.arange(n - w, n)[:, None]] = -np.inf
            mean = softmax(raw).mean(0)[: n - w]
            padded = np.pad(mean, p["kappa"] // 2)
            scores[head] = [padded[j : j + p["kappa"]].sum() / p["kappa"] for j in range(n - w)]
        mass = np.sort(scores.mean(0) / scores.mean(0).sum())
        cumulated = np.cumsum(mass)
        self.gaps.append(np.abs(cumulated - p["tau"]).min() / p["tau"])
        drop = int((cumulated < p["tau"]).sum())
        if drop == 0:
            return None
        keep = max(p["m0"], n - w - (drop + 1))
        sets = []
        for head in range(m.heads):
            order = np.lexsort((np.arange(n - w), -scores[head]))
            self.gap(scores[head][order], keep)
            sets.append(np.sort(np.concatenate([order[:keep], np.arange(n - w, n)])))
        return sets

    def after_prompt(self, layer, raw_q, q):
        method = self.decode["method"]
        if method == "recycled":
            self.rank(layer, raw_q[:, -1], self.probabilities(layer, q[:, -1]))
        elif method == "a2ats":
            self.make_codebooks(layer, raw_q)

    def probabilities(self, layer, q):
        """[heads, n]: of the last query over all rows."""
        m = self.model
        return np.stack([softmax(self.keys[layer][head // (m.heads // m.kv_heads)] @ q[head] / np.sqrt(m.head)) for head in range(m.heads)])

    def step(self, token):
        m = self.model
        self.t += 1
        x = m["model.embed_tokens.weight"][[token]]
        position, counts = self.keys[0].shape[1], []
        self.pages = None
        for layer in range(m.layers):
            h = m.norm(x, f"model.layers.{layer}.input_layernorm.weight")
            raw_q, raw_k, v = (m.project(h, layer, letter, heads) for letter, heads in (("q", m.heads), ("k", m.kv_heads), ("v", m.kv_heads)))
            q, k = m.rotate(raw_q, [position]), m.rotate(raw_k, [position])
            for rows, new in (self.keys, k), (self.raw_keys, raw_k), (self.values, v):
                rows[layer] = np.concatenate([rows[layer], new], 1)
            n = position + 1
            lists = getattr(self, "rows_" + self.decode["method"].replace("-", "_"))(layer, raw_q[:, 0], q[:, 0], n)
            out = np.empty((m.heads, m.head))
            for head in range(m.heads):
                kv = head // (m.heads // m.kv_heads)
                rows = np.arange(n) if lists is None else lists[kv]
                out[head] = softmax(self.keys[layer][kv, rows] @ q[head, 0] / np.sqrt(m.head)) @ self.values[layer][kv, rows]
            counts.append([n if lists is None else len(lists[kv]) for kv in range(m.kv_heads)])
            if lists is not None and self.t in (1, 5, 12, STEPS):
                self.samples += [dict(phase="decode", step=self.t, layer=layer, kv_head=kv, rows=lists[kv].tolist()) for kv in range(m.kv_heads)]
            x = x + out.reshape(1, -1) @ m[f"model.layers.{layer}.self_attn.o_proj.weight"].T
            x = x + m.feed_forward(m.norm(x, f"model.layers.{layer}.post_attention_layernorm.weight"), layer)
        return m.logits(x)[0], counts

    def rows_full(self, layer, raw_q, q, n):
        return None

    def rank(self, layer, raw_q, probabilities):
        m, p = self.model, self.decode
        scores = probabilities.reshape(m.kv_heads, -1, probabilities.shape[1]).max(1)
        n, half = scores.shape[1], p["pool"] // 2
        padded = np.pad(scores, ((0, 0), (half, half)), constant_values=-np.inf)
        scores = np.stack([padded[:, i : i + n] for i in range(p["pool"])]).max(0)
        order = [np.lexsort((np.arange(n), -one)) for one in scores]
        self.state[layer] = dict(order=order, ranked=[one[rows] for one, rows in zip(scores, order)], length=n, query=raw_q.ravel())

    def rows_recycled(self, layer, raw_q, q, n):
        p, state = self.decode, self.state[layer]
        recent = n - state["length"]
        if "stride" in p:
            full = self.t % p["stride"] == 0
        else:
            full = False
            if self.t % p["check"] == 0:
                cosine = raw_q.ravel() @ state["query"] / np.linalg.norm(raw_q) / np.linalg.norm(state["query"])
                self.gaps.append(abs(cosine - p["threshold"]) / abs(p["threshold"]))
                full = cosine <= p["threshold"]
        if full or n <= p["k"] or recent >= p["k"]:
            self.rank(layer, raw_q, self.probabilities(layer, q))
            return None
        old = p["k"] - recent
        for ranked in state["ranked"]:
            self.gap(ranked, old)
        return [np.sort(np.concatenate([order[:old], np.arange(state["length"], n)])) for order in state["order"]]

    def rows_delta(self, layer, raw_q, q, n):
        p = self.decode
        pages = -(-n // p["page"])
        if layer < p["warmup"] or pages <= p["pages"]:
            return None
        if layer in p["delta_layers"]:
            best = self.probabilities(layer, q).max(0)
            scores = np.array([best[u * p["page"] : (u + 1) * p["page"]].sum() - 1e-7 * u for u in range(pages)])
            old = np.arange(pages - p["recent"])
            order = old[np.lexsort((old, -scores[old]))]
            wanted = p["pages"] - p["recent"]
            self.gap(scores[order], wanted)
            self.pages = np.sort(np.concatenate([order[:wanted], np.arange(pages - p["recent"], pages)]))
            return None
        rows = np.concatenate([np.arange(u * p["page"], min(n, (u + 1) * p["page"])) for u in self.pages])
        return [rows] * self.model.kv_heads

    def make_codebooks(self, layer, raw_q):
        m, p = self.model, self.decode
        far = m.rotate(raw_q, np.full(raw_q.shape[1], p["b"])).reshape(m.kv_heads, -1, m.head)
        state = dict(lower=[], centroids=[], scores=[], codes=[])
        for kv in range(m.kv_heads):
            moment = far[kv].T @ far[kv]
            lower = np.linalg.cholesky(moment / np.sqrt((moment**2).mean()) + 1e-6 * np.eye(m.head))
            z = self.raw_keys[layer][kv] @ lower
            centroids = z[:: len(z) // p["centroids"]][: p["centroids"]]
            for _ in range(30):
                nearest = ((z[:, None] - centroids[None]) ** 2).sum(-1).argmin(1)
                centroids = np.stack([z[nearest == c].mean(0) if (nearest == c).any() else centroids[c] for c in range(p["centroids"])])
            single = lambda x: x.astype(np.float32).astype(np.float64)  # What the file holds.
            state["lower"].append(single(lower))
            state["centroids"].append(single(centroids))
            state["scores"].append(single(centroids @ np.linalg.inv(lower)))
            state["codes"].append([])
        self.state[layer] = state
        for row in range(self.raw_keys[layer].shape[1]):
            self.encode(layer, row)

    def encode(self, layer, row):
        state = self.state[layer]
        for kv in range(self.model.kv_heads):
            z, centroids = self.raw_keys[layer][kv, row] @ state["lower"][kv], state["centroids"][kv]
            distances = (centroids**2).sum(1) - 2 * centroids @ z
            first, second = np.sort(distances)[:2]
            self.gaps.append((second - first) / (z @ z))
            state["codes"][kv].append(int(distances.argmin()))

    def rows_a2ats(self, layer, raw_q, q, n):
        m, p, state = self.model, self.decode, self.state[layer]
        self.encode(layer, n - 1)
        last = n - 1
        far = np.arange(p["sink"], last - p["w"] + 1)
        lists = []
        for kv in range(m.kv_heads):
            group = m.heads // m.kv_heads
            picked = [np.arange(p["sink"]), np.arange(last - p["w"] + 1, n)]
            for head in range(kv * group, (kv + 1) * group):
                table = state["scores"][kv] @ m.rotate(raw_q[head][None, None], [p["b"]])[0, 0] / np.sqrt(m.head)
                scores = table[np.array(state["codes"][kv])[far]]
                order = np.lexsort((-far, -scores))  # The newest first where they are as good.
                wanted = int(np.floor(p["rho"] * n))
                self.gap(scores[order], wanted)
                picked.append(far[order[:wanted]])
            lists.append(np.unique(np.concatenate(picked)))
        return lists


def save(path, tensors):
    names = {"float32": "F32", "int32": "I32"}
    header, at = {}, 0
    for name, value in tensors.items():
        header[name] = dict(dtype=names[value.dtype.name], shape=list(value.shape), data_offsets=[at, at + value.nbytes])
        at += value.nbytes
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text + b"".join(np.ascontiguousarray(value).tobytes() for value in tensors.values()))


def attempt(model, name, trial):
    prefill, decode = CASES[name]
    length = LENGTHS.get(name, PROMPT)
    prompt = generator.ids(f"methods/{name}/prompt/{trial}", length, model.vocabulary)
    forced = generator.ids(f"methods/{name}/forced/{trial}", STEPS, model.vocabulary)
    run = Run(model, prefill, decode)
    dense = Run(model, FULL, FULL)
    found, reference = [run.read_prompt(prompt)[-1]], [dense.read_prompt(prompt)[-1]]
    rows = []
    for token in forced:
        logits, counts = run.step(token)
        found.append(logits)
        rows.append(counts)
        reference.append(dense.step(token)[0])
    return run, prompt, forced, np.array(found), np.array(rows, np.int32), float(np.abs(np.array(found) - np.array(reference)).max())


def main():
    generator.check()
    out = sys.argv[1]
    os.makedirs(out, exist_ok=True)
    model = Model(MODEL)
    golden = model.description["prompt"]
    logits = Run(model, FULL, FULL).read_prompt(golden["ids"])
    mine = [logits[position, entry] for position in range(len(logits)) for entry in generator.entries(position, model.vocabulary)]
    error = np.abs(np.array(mine) - golden["logits"]).max()
    print(f"without a method: at most {error:.1e} from transformers")
    assert error < 1e-3
    cases = []
    for name, (prefill, decode) in CASES.items():
        for trial in range(200):
            run, prompt, forced, found, rows, difference = attempt(model, name, trial)
            if min(run.gaps, default=1) >= GAP:
                break
        else:
            raise SystemExit(f"{name}: no prompt without near ties")
        tensors = dict(logits=found[1:, ::STRIDE].astype(np.float32), prompt_logits=found[0, ::STRIDE].astype(np.float32), attended_rows=rows)
        if decode["method"] == "a2ats":
            for key, part in ("Lc", "lower"), ("centroids", "centroids"), ("score_centroids", "scores"):
                tensors[key] = np.array([state[part] for state in run.state], np.float32)
        save(f"{out}/{name}.safetensors", tensors)
        cases.append(dict(name=name, model=MODEL, file=f"{name}.safetensors", prefill=prefill, decode=decode, prompt_ids=prompt, forced_ids=forced, samples=run.samples))
        print(f"{name}: trial {trial}, smallest gap {min(run.gaps, default=1):.1e}, at most {difference:.2f} from full attention, rows {rows.sum()} of {rows.size * (len(prompt) + STEPS // 2)}", flush=True)
        assert difference > 0.05, "the method changes nothing"
    with open(f"{out}/cases.json", "w") as file:
        lines = ",\n".join("    " + json.dumps(case, separators=(",", ":")) for case in cases)
        file.write(f'{{\n  "cases": [\n{lines}\n  ]\n}}\n')


if __name__ == "__main__":
    main()
