#!/usr/bin/env python3
"""How well layers of real models are forecast that this machine then runs: measured beside forecast, model by model.

Each model's layer is run with 1 and 8 rows (decoding so many sequences) and 32, 128 and 512 (a prompt), on one rank with each
number of threads, and on two ranks of one. Prints a line for each, and the layers' mean |error|, bias and coverage.

    scripts/replay_accuracy.py --table host.csv
    scripts/replay_accuracy.py --table host.csv --models gpt2 qwen2.5-0.5b --rows 1 128 --threads 1

Needs only Python and a built gemmcast (release, by default the one in .build).
"""

import argparse
import json
import pathlib
import subprocess
import sys
import tempfile

from built_command import add_command_option

LLAMA = {"model_type": "llama", "architectures": ["LlamaForCausalLM"], "hidden_act": "silu", "rms_norm_eps": 1e-5}
QWEN2 = {"model_type": "qwen2", "architectures": ["Qwen2ForCausalLM"], "hidden_act": "silu", "rms_norm_eps": 1e-6}
QWEN3 = {"model_type": "qwen3", "architectures": ["Qwen3ForCausalLM"], "hidden_act": "silu", "rms_norm_eps": 1e-6}
MIXTRAL = {"model_type": "mixtral", "architectures": ["MixtralForCausalLM"], "hidden_act": "silu", "rms_norm_eps": 1e-5}
GPT2 = {"model_type": "gpt2", "architectures": ["GPT2LMHeadModel"], "activation_function": "gelu_new", "n_positions": 1024,
        "vocab_size": 50257}


def gated(base, hidden, ffn, layers, heads, key_heads, vocabulary, head=None, **more):
    return {**base, "hidden_size": hidden, "intermediate_size": ffn, "num_hidden_layers": layers,
            "num_attention_heads": heads, "num_key_value_heads": key_heads, "vocab_size": vocabulary,
            "max_position_embeddings": 4096, **({"head_dim": head} if head else {}), **more}


# What decides a layer's products, as the models' config.json files give it; the Mixtral is cut down to a quarter.
MODELS = {
    "gpt2": {**GPT2, "n_embd": 768, "n_layer": 12, "n_head": 12},
    "gpt2-medium": {**GPT2, "n_embd": 1024, "n_layer": 24, "n_head": 16},
    "tinyllama-1.1b": gated(LLAMA, 2048, 5632, 22, 32, 4, 32000),
    "qwen2.5-0.5b": gated(QWEN2, 896, 4864, 24, 14, 2, 151936),
    "qwen2.5-1.5b": gated(QWEN2, 1536, 8960, 28, 12, 2, 151936),
    "qwen3-0.6b": gated(QWEN3, 1024, 3072, 28, 16, 8, 151936, head=128),
    "llama-3.2-1b": gated(LLAMA, 2048, 8192, 16, 32, 8, 128256),
    "mixtral-small": gated(MIXTRAL, 1024, 3584, 8, 16, 4, 32000, num_local_experts=8, num_experts_per_tok=2),
}


def replay(options, config, rows, threads, tp):
    """The report of one layer as JSON; nil where it could not be run, which is said."""
    work = (["--mode", "decode", "--context", "128", "--batch", rows] if rows < 32 else ["--batch", 1, "--seq", rows])
    command = [options.gemmcast, "replay", config, *work, "--threads", threads, "--tp", tp, "--budget", options.budget,
               "--weights", options.weights, "--format", "json"]
    for table in options.table:
        command += ["--table", table]
    result = subprocess.run([str(word) for word in command], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    if result.returncode != 0:
        print(result.stderr.strip().splitlines()[-1:], file=sys.stderr)
        return None
    return json.loads(result.stdout)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add_command_option(parser)
    parser.add_argument("--table", action="append", default=[], help="a timing table or fitted model of this host; repeat it")
    parser.add_argument("--models", nargs="+", choices=sorted(MODELS), default=list(MODELS), help="which models")
    parser.add_argument("--rows", type=int, nargs="+", default=[1, 8, 32, 128, 512], help="rows of the layer's products")
    parser.add_argument("--threads", type=int, nargs="*", default=[1, 2], help="threads of one rank")
    parser.add_argument("--tp", type=int, nargs="*", default=[2], help="ranks of one thread that are run besides")
    parser.add_argument("--budget", type=float, default=2, help="seconds of measuring for each layer")
    parser.add_argument("--weights", choices=["out-in", "in-out"], default="out-in", help="how weights are stored")
    options = parser.parse_args()

    errors = []
    print(f"{'model':16} {'rows':>4} {'threads':>7} {'tp':>2} {'measured us':>12} {'forecast us':>12} {'90 % interval':>23}"
          f" {'error %':>8} in")
    with tempfile.TemporaryDirectory(prefix="gemmcast-replay-") as folder:
        for name in options.models:
            config = pathlib.Path(folder) / f"{name}.json"
            config.write_text(json.dumps(MODELS[name]))
            for threads, tp in [(count, 1) for count in options.threads] + [(1, count) for count in options.tp]:
                for rows in options.rows:
                    report = replay(options, config, rows, threads, tp)
                    part = report and report["layer_forecast_part"]
                    if not part or part["forecast_us"] is None:
                        continue
                    measured, forecast = part["measured_us"], part["forecast_us"]
                    low, high = part["forecast_lo_us"], part["forecast_hi_us"]
                    inside = low <= measured <= high
                    errors.append((threads, tp, rows, forecast / measured - 1, inside))
                    print(f"{name:16} {rows:4} {threads:7} {tp:2} {measured:12.1f} {forecast:12.1f} {low:11.1f}…{high:11.1f}"
                          f" {100 * (forecast / measured - 1):8.1f} {'yes' if inside else 'no'}", flush=True)

    def summary(title, part):
        if part:
            count = len(part)
            print(f"{title:28} {count:3} layers: mean |error| {100 * sum(abs(e[3]) for e in part) / count:5.1f} %, "
                  f"bias {100 * sum(e[3] for e in part) / count:+5.1f} %, "
                  f"in 90 % interval {100 * sum(e[4] for e in part) / count:5.1f} %")

    print()
    summary("all", errors)
    for threads, tp in sorted({(e[0], e[1]) for e in errors}):
        summary(f"{threads} thread(s), tp {tp}", [e for e in errors if e[:2] == (threads, tp)])
    for rows in options.rows:
        summary(f"{rows} row(s)", [e for e in errors if e[2] == rows])


if __name__ == "__main__":
    sys.exit(main())
