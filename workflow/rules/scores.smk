rule connectivity:
    input:
        activity=activity,
        connectome="results/connectome.nc",
        code=code("connectivity", "connectome", "exact", "files", "units"),
    output:
        connectivity="results/{role}/{point}/{batch}/connectivity.nc",
    log:
        "results/logs/connectivity/{role}_{point}_{batch}.log",
    benchmark:
        "results/benchmarks/connectivity/{role}_{point}_{batch}.tsv"
    priority: 1  # a user's recording is checked before anything long starts
    conda:
        "../../environment.yml"
    resources:
        mem_mb=1000,
    params:
        measures=SETTINGS["connectivity"]["measures"],
    script:
        "../scripts/connectivity.py"


rule score:
    input:
        simulated=per_batch("simulated", [point.name for point in POINTS], "connectivity"),
        target=per_batch("target", TARGET, "connectivity"),
        connectome="results/connectome.nc",
        code=code("files", "scores"),
    output:
        scores="results/scores.csv",
        replicates="results/scores_replicates.csv",
    log:
        "results/logs/score.log",
    benchmark:
        "results/benchmarks/score.tsv"
    conda:
        "../../environment.yml"
    resources:
        mem_mb=lambda wildcards, input: 1000 + 4 * input.size_mb,
    params:
        points=[(point.name, point.values) for point in POINTS],
        seed=SEEDS["simulated"],
    script:
        "../scripts/score.py"
