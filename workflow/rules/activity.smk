rule simulate:
    input:
        connectome="results/connectome.nc",
        fit=fit_of,
    output:
        activity=kept("results/{role}/{point}/{batch}/activity.nc"),
    log:
        "results/logs/simulate/{role}_{point}_{batch}.log",
    benchmark:
        "results/benchmarks/simulate/{role}_{point}_{batch}.tsv"
    conda:
        "../../environment.yml"
    resources:
        **asked("simulate"),
    params:
        model=model_of,
        simulation=TIMES,
        seed=lambda wildcards: SEEDS[wildcards.role],
        replicates=lambda wildcards: STUDY.batches[wildcards.role][wildcards.batch],
        code=code("simulate.py"),
    script:
        "../scripts/simulate.py"


rule project:
    input:
        activity="results/{role}/{point}/{batch}/activity.nc",
        leadfield="results/leadfield.nc",
    output:
        sensors="results/{role}/{point}/{batch}/sensors.nc",
    log:
        "results/logs/project/{role}_{point}_{batch}.log",
    benchmark:
        "results/benchmarks/project/{role}_{point}_{batch}.tsv"
    conda:
        "../../environment.yml"
    resources:
        **asked("project"),
    params:
        scale=SETTINGS["leadfield"]["scale"],
        code=code("project.py"),
    script:
        "../scripts/project.py"


rule reconstruct:
    input:
        activity="results/{role}/{point}/{batch}/activity.nc",
        inverse="results/inverse.nc",
    output:
        reconstructed=kept("results/{role}/{point}/{batch}/reconstructed.nc"),
    log:
        "results/logs/reconstruct/{role}_{point}_{batch}.log",
    benchmark:
        "results/benchmarks/reconstruct/{role}_{point}_{batch}.tsv"
    conda:
        "../../environment.yml"
    resources:
        **asked("reconstruct"),
    params:
        seed=lambda wildcards: SEEDS[wildcards.role],
        code=code("reconstruct.py"),
    script:
        "../scripts/reconstruct.py"


rule fif:  # on request
    input:
        sensors="results/{role}/{point}/{batch}/sensors.nc",
    output:
        fif="results/{role}/{point}/{batch}/sensors-epo.fif",
    log:
        "results/logs/fif/{role}_{point}_{batch}.log",
    benchmark:
        "results/benchmarks/fif/{role}_{point}_{batch}.tsv"
    conda:
        "../../environment.yml"
    resources:
        **asked("fif"),
    params:
        code=code("fif.py"),
    script:
        "../scripts/fif.py"
