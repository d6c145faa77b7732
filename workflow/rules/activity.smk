rule simulate:
    input:
        connectome="results/connectome.nc",
        code=code("connectome", "core", "files", "journal", "simulation", "units"),
    output:
        activity="results/{role}/{point}/{batch}/activity.nc",
    log:
        "results/logs/simulate/{role}_{point}_{batch}.log",
    benchmark:
        "results/benchmarks/simulate/{role}_{point}_{batch}.tsv"
    conda:
        "../../environment.yml"
    resources:
        mem_mb=lambda wildcards, input: 1000 + 20 * input.size_mb,
    params:
        model=lookup("{point}", within=MODELS),
        simulation=SIMULATION,
        seed=lookup("{role}", within=SEEDS),
        replicates=lookup("{role}/{batch}", within=BATCHES),
    script:
        "../scripts/simulate.py"


rule project:
    input:
        activity="results/{role}/{point}/{batch}/activity.nc",
        leadfield="results/leadfield.nc",
        code=code("exact", "files", "leadfield", "units"),
    output:
        sensors="results/{role}/{point}/{batch}/sensors.nc",
    log:
        "results/logs/project/{role}_{point}_{batch}.log",
    benchmark:
        "results/benchmarks/project/{role}_{point}_{batch}.tsv"
    conda:
        "../../environment.yml"
    resources:
        mem_mb=1000,
    params:
        scale=SETTINGS["leadfield"]["scale"],
    script:
        "../scripts/project.py"
