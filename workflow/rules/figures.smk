rule plot_activity:
    input:
        connectome="results/connectome.nc",
        activity=f"results/simulated/{SHOWN}/{FIRST_BATCH}/activity.nc",
        sensors=f"results/simulated/{SHOWN}/{FIRST_BATCH}/sensors.nc",
    output:
        connectome=report(
            "results/figures/connectome.png",
            category="2. Anatomy and activity",
            labels={"figure": "connectome"},
            caption="../report/connectome.rst",
        ),
        connectome_svg="results/figures/connectome.svg",
        traces=report(
            "results/figures/traces.png",
            category="2. Anatomy and activity",
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
        **asked("plot_activity"),
    params:
        shown=SHOWN_AT,
        code=code("plot_activity.py"),
    script:
        "../scripts/plot_activity.py"


rule plot_topography:
    input:
        sensors=of_points("simulated", [SHOWN], "sensors"),
    output:
        topography=report(
            "results/figures/topography.png",
            category="2. Anatomy and activity",
            labels={"figure": "field over the head"},
            caption="../report/topography.rst",
        ),
        topography_svg="results/figures/topography.svg",
    log:
        "results/logs/plot_topography.log",
    benchmark:
        "results/benchmarks/plot_topography.tsv"
    conda:
        "../../environment.yml"
    resources:
        **asked("plot_topography"),
    params:
        shown=SHOWN_AT,
        code=code("plot_topography.py"),
    script:
        "../scripts/plot_topography.py"


rule plot_scores:
    input:
        connectome="results/connectome.nc",
        simulated=of_points("simulated", [SHOWN], "connectivity"),
        target=of_points("target", [STUDY.target], "connectivity"),
        simulated_spectra=of_points("simulated", [SHOWN], "spectra"),
        target_spectra=of_points("target", [STUDY.target], "spectra"),
        theory=f"results/simulated/{SHOWN}/theory.nc",
        scores="results/scores.csv",
        replicates="results/scores_replicates.csv",
        notes="results/scores_notes.csv",
        networks=NULL_NETWORKS,
    output:
        connectivity=report(
            "results/figures/connectivity.png",
            category="3. Connectivity and scores",
            labels={"figure": "functional connectivity"},
            caption="../report/connectivity.rst",
        ),
        connectivity_svg="results/figures/connectivity.svg",
        structure_function=report(
            "results/figures/structure_function.png",
            category="3. Connectivity and scores",
            labels={"figure": "structure and function"},
            caption="../report/structure_function.rst",
        ),
        structure_function_svg="results/figures/structure_function.svg",
        scores=report(
            "results/figures/scores.png",
            category="3. Connectivity and scores",
            labels={"figure": "scores"},
            caption="../report/scores.rst",
        ),
        scores_svg="results/figures/scores.svg",
        spectra=report(
            "results/figures/spectra.png",
            category="3. Connectivity and scores",
            labels={"figure": "power spectra"},
            caption="../report/spectra.rst",
        ),
        spectra_svg="results/figures/spectra.svg",
        theory=report(
            "results/figures/theory.png",
            category="4. Theory",
            labels={"figure": "simulation and theory"},
            caption="../report/theory.rst",
        ),
        theory_svg="results/figures/theory.svg",
        length=report(
            "results/figures/length.png",
            category="4. Theory",
            labels={"figure": "length of the recording"},
            caption="../report/length.rst",
        ),
        length_svg="results/figures/length.svg",
    log:
        "results/logs/plot_scores.log",
    benchmark:
        "results/benchmarks/plot_scores.tsv"
    conda:
        "../../environment.yml"
    resources:
        **asked("plot_scores"),
    params:
        point=SHOWN,
        shown=SHOWN_AT,
        rows=ROWS,
        bands=POWER_BANDS,
        code=code("plot_scores.py"),
    script:
        "../scripts/plot_scores.py"


rule plot_bands:
    input:
        simulated=of_points("simulated", [SHOWN], "connectivity"),
        target=of_points("target", [STUDY.target], "connectivity"),
        connectome="results/connectome.nc",
        scores="results/scores.csv",
    output:
        bands=report(
            "results/figures/bands.png",
            category="3. Connectivity and scores",
            labels={"figure": "measures and bands"},
            caption="../report/bands.rst",
        ),
        bands_svg="results/figures/bands.svg",
    log:
        "results/logs/plot_bands.log",
    benchmark:
        "results/benchmarks/plot_bands.tsv"
    conda:
        "../../environment.yml"
    resources:
        **asked("plot_bands"),
    params:
        point=SHOWN,
        shown=SHOWN_AT,
        rows=ROWS,
        code=code("plot_bands.py"),
    script:
        "../scripts/plot_bands.py"


rule plot_dynamics:
    input:
        simulated=of_points("simulated", [SHOWN], "connectivity"),
        target=of_points("target", [STUDY.target], "connectivity"),
        connectome="results/connectome.nc",
    output:
        dynamics=report(
            "results/figures/dynamics.png",
            category="3. Connectivity and scores",
            labels={"figure": "dynamics"},
            caption="../report/dynamics.rst",
        ),
        dynamics_svg="results/figures/dynamics.svg",
    log:
        "results/logs/plot_dynamics.log",
    benchmark:
        "results/benchmarks/plot_dynamics.tsv"
    conda:
        "../../environment.yml"
    resources:
        **asked("plot_dynamics"),
    params:
        point=SHOWN,
        shown=SHOWN_AT,
        rows=ROWS,
        code=code("plot_dynamics.py"),
    script:
        "../scripts/plot_dynamics.py"


rule plot_sweep:
    input:
        scores="results/scores.csv",
        best="results/best.csv",
        differences="results/differences.csv",
    output:
        sweep=report(
            "results/figures/sweep.png",
            category="3. Connectivity and scores",
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
        **asked("plot_sweep"),
    params:
        axes=AXES,
        truth=STUDY.truth,
        code=code("plot_sweep.py"),
    script:
        "../scripts/plot_sweep.py"


rule plot_nulls:
    input:
        nulls="results/nulls.csv",
        networks="results/nulls_networks.csv",
        scores="results/scores.csv",
    output:
        nulls=report(
            "results/figures/nulls.png",
            category="3. Connectivity and scores",
            labels={"figure": "null networks"},
            caption="../report/nulls.rst",
        ),
        nulls_svg="results/figures/nulls.svg",
    log:
        "results/logs/plot_nulls.log",
    benchmark:
        "results/benchmarks/plot_nulls.tsv"
    conda:
        "../../environment.yml"
    resources:
        **asked("plot_nulls"),
    params:
        shown=SHOWN_AT,
        code=code("plot_nulls.py"),
    script:
        "../scripts/plot_nulls.py"
