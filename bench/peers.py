"""What Python's libraries take for the same work: reads one JSON request a line, answers with seconds a library.

Needs numpy, scikit-learn (1.5.0 is the reference), for search faiss and torch, for embedding sentence-transformers; what
is not installed is left out.
"""
import json
import os
import sys
import time


def best(runs, work):
    work()
    times = []
    for _ in range(runs):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return min(times)


def matrix(entry):
    import numpy as np

    return np.fromfile(entry["path"], dtype=entry["type"]).reshape(entry["shape"])


def search(request):
    docs, queries, k = matrix(request["docs"]), matrix(request["queries"]), request["k"]
    try:
        import faiss

        faiss.omp_set_num_threads(request["threads"])
        index = faiss.IndexFlatIP(docs.shape[1])
        index.add(docs)
        yield "faiss IndexFlatIP", best(2, lambda: index.search(queries, k))
    except ImportError:
        pass
    try:
        import torch

        torch.set_num_threads(request["threads"])
        d, q = torch.from_numpy(docs), torch.from_numpy(queries)
        yield "torch matmul + topk", best(2, lambda: torch.topk(q @ d.T, k))
    except ImportError:
        pass


def learner(request):
    try:
        from sklearn import cluster, linear_model, neighbors
    except ImportError:
        return
    import warnings

    warnings.simplefilter("ignore")
    x = matrix(request["x"])
    y = matrix(request["y"]) if "y" in request else None
    k = request.get("clusters")
    name = request["learner"]
    if name == "logistic regression":
        make = lambda: linear_model.LogisticRegression().fit(x, y)
    elif name == "mini-batch k-means":
        make = lambda: cluster.MiniBatchKMeans(k, random_state=0).fit(x)
    elif name == "bisecting k-means":
        make = lambda: cluster.BisectingKMeans(k, random_state=0).fit(x)
    elif name == "ward":
        make = lambda: cluster.AgglomerativeClustering(k).fit(x)
    elif name == "birch":
        make = lambda: cluster.Birch(n_clusters=k).fit(x)
    elif name == "nearest neighbours":
        z = matrix(request["queries"])
        fitted = neighbors.KNeighborsClassifier(2, metric="cosine").fit(x, y)
        make = lambda: fitted.predict(z)
    else:
        return
    yield "scikit-learn", best(request.get("runs", 1), make) if request.get("runs", 1) > 0 else once(make)


LOADED = {}


def embedding(request):
    if request["dtype"] != "fp32":
        return
    try:
        import torch
        from sentence_transformers import SentenceTransformer
    except ImportError:
        return
    torch.set_num_threads(request["threads"])
    folder = request["folder"]
    if folder not in LOADED:
        LOADED.clear()
        LOADED[folder] = SentenceTransformer(folder, device="cpu")
    model = LOADED[folder]
    model.encode(request["warmUp"])
    yield "sentence-transformers", once(lambda: model.encode(request["texts"], batch_size=32))


def export(request):
    """Writes onnx/model.onnx, which transformers.js runs and only Python makes."""
    try:
        import torch
        import onnx  # noqa: F401, torch needs it to write a graph
        from transformers import AutoModel
    except ImportError:
        return
    folder = request["folder"]
    model = AutoModel.from_pretrained(folder, attn_implementation="eager", return_dict=False).eval()
    names = ["input_ids", "attention_mask", "token_type_ids"]
    ids = torch.ones(2, 8, dtype=torch.long)
    axes = {name: {0: "batch", 1: "tokens"} for name in [*names, "last_hidden_state"]}
    os.makedirs(os.path.join(folder, "onnx"), exist_ok=True)
    path = os.path.join(folder, "onnx", "model.onnx")
    torch.onnx.export(
        model, (ids, ids, ids * 0), path, input_names=names, output_names=["last_hidden_state"], dynamic_axes=axes
    )
    yield "export", 0.0


def once(work):
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


KINDS = {"search": search, "learner": learner, "embedding": embedding, "export": export}

if __name__ == "__main__":
    for line in sys.stdin:
        request = json.loads(line)
        os.environ["OMP_NUM_THREADS"] = str(request["threads"])
        answer = dict(KINDS[request["kind"]](request))
        print(json.dumps(answer), flush=True)
