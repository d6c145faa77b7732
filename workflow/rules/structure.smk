rule points:
    output:
        points="results/points.csv",
    log:
        "results/logs/points.log",
    benchmark:
        "results/benchmarks/points.tsv"
    localrule: True
    conda:
        "../../environment.yml"
    resources:
        **asked("points"),
    params:
        rows=study.table(STUDY),
        code=code("points.py"),
    script:
        "../scripts/points.py"


rule connectome:
    output:
        connectome="results/connectome.nc",
    log:
        "results/logs/connectome.log",
    benchmark:
        "results/benchmarks/connectome.tsv"
    localrule: True
    conda:
        "../../environment.yml"
    resources:
        **asked("connectome"),
    params:
        given=untracked("connectome"),
        anatomy=INPUTS.anatomy,
        code=code("connectome.py"),
    script:
        "../scripts/connectome.py"


rule leadfield:
    output:
        leadfield="results/leadfield.nc",
    log:
        "results/logs/leadfield.log",
    benchmark:
        "results/benchmarks/leadfield.tsv"
    localrule: True
    conda:
        "../../environment.yml"
    resources:
        **asked("leadfield"),
    params:
        given=untracked("leadfield"),
        labels=INPUTS.labels,
        centres=INPUTS.centres,
        gain=INPUTS.gain,
        code=code("leadfield.py"),
    script:
        "../scripts/leadfield.py"


rule inverse:
    input:
        leadfield="results/leadfield.nc",
        target=ADAPTED_TO,
    output:
        inverse="results/inverse.nc",
    log:
        "results/logs/inverse.log",
    benchmark:
        "results/benchmarks/inverse.tsv"
    conda:
        "../../environment.yml"
    resources:
        **asked("inverse"),
    params:
        given=untracked("inverse"),
        labels=INPUTS.labels,
        inverse=INPUTS.inverse,
        scale=SETTINGS["leadfield"]["scale"],
        rates=RATES,
        code=code("inverse.py"),
    script:
        "../scripts/inverse.py"


rule recording:
    input:
        inverse=INVERSE if INPUTS.of_sensors else [],
    output:
        recording="results/recording.nc",
    log:
        "results/logs/recording.log",
    benchmark:
        "results/benchmarks/recording.tsv"
    priority: 1  # a user's recording is read to its end before anything long starts
    conda:
        "../../environment.yml"
    resources:
        **asked("recording"),
    params:
        given=untracked("target"),
        labels=INPUTS.labels,
        sampling=ALIKE and ALIKE[:2],
        recording=INPUTS.recording,
        code=code("recording.py", *INPUTS.readers),
    script:
        "../scripts/recording.py"
