"""What Python's libraries take for the same work: reads one JSON request a line, answers with seconds a library.

Needs numpy, scikit-learn (1.5.0 is the reference) and, for search, faiss; what is not installed is left out.
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


def once(work):
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


KINDS = {"search": search, "learner": learner}

if __name__ == "__main__":
    for line in sys.stdin:
        request = json.loads(line)
        os.environ["OMP_NUM_THREADS"] = str(request["threads"])
        print(json.dumps({name: seconds for name, seconds in KINDS[request["kind"]](request)}), flush=True)
