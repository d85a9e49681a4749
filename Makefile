# An index of verbs: each line calls cargo or a script, nothing more. `make help` lists them.
#   SCALE=smoke|laptop|paper   SEEDS=20   JOBS=2   DEVICE=cpu|cuda   LOG_DIR=runs (TensorBoard)
#   ONLY=table1/antmaze-umaze-v0/10k/ makes the runs whose names contain it, whatever the verb's are
SCALE ?= laptop
scale = --scale $(SCALE)
selection = $(scale) $(foreach text,$(ONLY),--only $(text))
seeds = $(if $(SEEDS),--seeds $(SEEDS))
device = $(if $(DEVICE),--device $(DEVICE))
options = $(selection) $(seeds) $(device) $(if $(JOBS),--jobs $(JOBS)) $(if $(LOG_DIR),--log-dir $(LOG_DIR))
experiments = cargo run --quiet -p experiments --

.PHONY: help setup build test lint table1 longer table2 tables3-6 tables7-10 table11 baselines datasets fig1 fig2 fig3 fig4-grasping fig5 fig6 fig7 fig8 fig9 fig10 fig11 \
  fig12 fig13 fig15 demo smoke list data report check crosscheck bench walker pen-expert profile

help:      ## show this list
	@sed -n 's/^\([a-z0-9-]*\): .*## /make \1\t/p' $(MAKEFILE_LIST) | expand -t 20
setup:     ## bring libtorch, the patched rapier3d and what builds HDF5 into .deps; other verbs do it by themselves (DEVICE=cuda for a GPU)
	@scripts/setup.sh $(DEVICE)
build: setup   ## compile everything
	cargo build --workspace
test: setup    ## run all tests
	cargo test --workspace
lint: setup    ## formatting, lints and documentation, as CI wants them
	cargo fmt --check
	cargo clippy --workspace --all-targets -- -D warnings
	RUSTDOCFLAGS="-D warnings" cargo doc --workspace --no-deps --quiet
table1: build  ## Table 1: make the data that is missing, run what is not recorded, write results/table1
	$(experiments) $(options) $(if $(ONLY),,--only table1)
longer: build  ## a row of Table 1 with twice its online steps: was its online phase too short? (results/longer)
	$(experiments) $(options) $(if $(ONLY),,--only longer)
baselines: build  ## Table 1's other columns: AWAC, BC and CQL, and AWAC under JSRL (results/baselines)
	$(experiments) $(options) $(if $(ONLY),,--only baselines)
table2: build  ## Table 2: grasping from pictures, by number of demonstrations (results/table2)
	$(experiments) $(options) $(if $(ONLY),,--only table2)
fig2: build    ## Figure 2: a pretrained policy fine-tuned with fresh critics (results/fig2)
	$(experiments) $(options) $(if $(ONLY),,--only fig2)
fig3: build    ## Figure 3: instance grasping, each method by number of demonstrations; Table 2's runs (results/fig3)
	$(experiments) $(options) $(if $(ONLY),,--only fig3)
fig4-grasping: build  ## Figure 4: both grasping tasks at 2k demonstrations, beside the paper's curves; Table 2's runs
	$(experiments) $(options) $(if $(ONLY),,--only fig4-grasping)
fig7: build    ## Figure 7: the same of 100k transitions, fresh critics warmed up first (results/fig7)
	$(experiments) $(options) $(if $(ONLY),,--only fig7)
fig8: build    ## Figure 8: the same of a million transitions (results/fig8)
	$(experiments) $(options) $(if $(ONLY),,--only fig8)
fig9: build    ## Figure 9: indiscriminate grasping behind a guide trained online and behind a cloned one (results/fig9)
	$(experiments) $(options) $(if $(ONLY),,--only fig9)
fig10: build   ## Figure 10: Figure 3 for indiscriminate grasping; Table 2's runs (results/fig10)
	$(experiments) $(options) $(if $(ONLY),,--only fig10)
fig11: build   ## Figure 11: instance grasping, the methods side by side; Table 2's runs (results/fig11)
	$(experiments) $(options) $(if $(ONLY),,--only fig11)
fig12: build   ## Figure 12: the curriculum's moving average and tolerance on indiscriminate grasping (results/fig12)
	$(experiments) $(options) $(if $(ONLY),,--only fig12)
fig13: build   ## Figure 13: instance grasping behind a guide of indiscriminate grasping (results/fig13)
	$(experiments) $(options) $(if $(ONLY),,--only fig13)
tables3-6: build  ## Tables 3-6 and Table 1's rows of the hand (results/tables3-6)
	$(experiments) $(options) $(if $(ONLY),,--only tables3-6)
tables7-10: build  ## Tables 7-10: the ant mazes from warm and cold starts; the cold ones are Table 1's (results/tables7-10)
	$(experiments) $(options) $(if $(ONLY),,--only tables7-10)
table11: build ## Table 11: the curriculum's moving average and tolerance on a large maze (results/table11)
	$(experiments) $(options) $(if $(ONLY),,--only table11)
datasets: build  ## are our data as hard as D4RL's? Cloning and IQL on whole data sets (results/datasets)
	$(experiments) $(options) $(if $(ONLY),,--only datasets)
fig1: build    ## Figure 1: one umaze episode with four hand-over steps, on the map (results/fig1)
	@$(experiments) figure fig1
fig5: build    ## Figure 5: the arm over its bins, the camera's view and one grasp, rendered (results/fig5)
	@$(experiments) figure fig5
fig6: build    ## Figure 6: the ant and its mazes, the hand and its tasks, rendered (results/fig6)
	@$(experiments) figure fig6
demo: build    ## a minute: film and map of a trained umaze policy and its guide (results/demo)
	@$(experiments) figure demo
fig15: build   ## Figure 15 and the theorems, measured: the combination lock without and with a guide, in minutes
	$(experiments) $(options) $(if $(ONLY),,--only fig15)
smoke: override SCALE = smoke
smoke: build   ## every table and figure at toy size, in some minutes; the numbers mean nothing
	$(experiments) $(options)
profile: build ## where the time of an online run goes: environment, updates, evaluation, sampling (half a minute)
	@$(experiments) profile $(device)
list: build    ## what is done and what is left, with core-hours
	@$(experiments) list $(selection) $(seeds)
data: build    ## make the ant mazes' data sets (of other tasks: ONLY=...)
	$(experiments) data $(selection)
report: build  ## remake tables and figures from the records
	$(experiments) report $(scale)
check: build   ## the paper's claims against our records
	@$(experiments) check $(scale)
walker: build  ## remake the walker behind the ant maze data (crates/envs/assets/walker.safetensors)
	$(experiments) walker
pen-expert: build  ## remake the expert behind the pen's data (crates/envs/assets/pen_expert.safetensors; some ten minutes)
	$(experiments) pen-expert
crosscheck: build  ## optional: does the ant move as in MuJoCo? Brings MuJoCo from PyPI into .deps
	@python3 scripts/crosscheck.py
bench: setup   ## speed of environments, learners, loader and renderer (results/bench), beside Gymnasium's ant
	@scripts/bench.sh
