rule plot_activity:
    input:
        connectome="results/connectome.nc",
        activity=f"results/simulated/{SHOWN.name}/{FIRST_BATCH}/activity.nc",
        sensors=f"results/simulated/{SHOWN.name}/{FIRST_BATCH}/sensors.nc",
        code=code("connectome", "figures", "files", "units"),
    output:
        connectome=report(
            "results/figures/connectome.png",
            category="Anatomy and activity",
            labels={"figure": "connectome"},
            caption="../report/connectome.rst",
        ),
        connectome_svg="results/figures/connectome.svg",
        traces=report(
            "results/figures/traces.png",
            category="Anatomy and activity",
            labels={"figure": "activity and sensors"},
            caption="../report/traces.rst",
        ),
        traces_svg="results/figures/traces.svg",
    log:
        "results/logs/plot_activity.log",
    benchmark:
        "results/benchmarks/plot_activity.tsv"
    conda:
        "../../environment.yml"
    resources:
        mem_mb=lambda wildcards, input: 1000 + 4 * input.size_mb,
    script:
        "../scripts/plot_activity.py"


rule plot_scores:
    input:
        connectome="results/connectome.nc",
        simulated=per_batch("simulated", SHOWN.name, "connectivity"),
        target=per_batch("target", TARGET, "connectivity"),
        scores="results/scores.csv",
        replicates="results/scores_replicates.csv",
        code=code("connectome", "figures", "files", "scores", "units"),
    output:
        connectivity=report(
            "results/figures/connectivity.png",
            category="Connectivity and scores",
            labels={"figure": "functional connectivity"},
            caption="../report/connectivity.rst",
        ),
        connectivity_svg="results/figures/connectivity.svg",
        structure_function=report(
            "results/figures/structure_function.png",
            category="Connectivity and scores",
            labels={"figure": "structure and function"},
            caption="../report/structure_function.rst",
        ),
        structure_function_svg="results/figures/structure_function.svg",
        scores=report(
            "results/figures/scores.png",
            category="Connectivity and scores",
            labels={"figure": "scores"},
            caption="../report/scores.rst",
        ),
        scores_svg="results/figures/scores.svg",
    log:
        "results/logs/plot_scores.log",
    benchmark:
        "results/benchmarks/plot_scores.tsv"
    conda:
        "../../environment.yml"
    resources:
        mem_mb=lambda wildcards, input: 1000 + 4 * input.size_mb,
    params:
        point=SHOWN.name,
        shown=SHOWN_AT,
    script:
        "../scripts/plot_scores.py"


rule plot_sweep:
    input:
        scores="results/scores.csv",
        code=code("figures", "files"),
    output:
        sweep=report(
            "results/figures/sweep.png",
            category="Connectivity and scores",
            labels={"figure": "sweep"},
            caption="../report/sweep.rst",
        ),
        sweep_svg="results/figures/sweep.svg",
    log:
        "results/logs/plot_sweep.log",
    benchmark:
        "results/benchmarks/plot_sweep.tsv"
    conda:
        "../../environment.yml"
    resources:
        mem_mb=lambda wildcards, input: 1000 + 4 * input.size_mb,
    params:
        axes=AXES,
    script:
        "../scripts/plot_sweep.py"
