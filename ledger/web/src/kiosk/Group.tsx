// How does a team leader check a whole team in? One list, one press; all of it is kept, or none.
import { useEffect, useState } from "preact/hooks";
import { Button, Icon, Notice, Select, TextField, toast } from "../ui";
import { Activities } from "./Activities";
import { device } from "./device";
import { Identify } from "./Identify";
import { told } from "./programme";
import { mark } from "./queue";
import { send } from "./sending";
import { show, volunteerOf } from "./state";
import { keep, kept } from "./store";
import { Title } from "./Title";
import { say } from "./voice";
import { t } from "./words";

interface List {
  team: string;
  leader: string;
  members: readonly string[];
}

const NOBODY: List = { team: "", leader: "", members: [] };

export function Group() {
  const [now] = useState(Date.now);
  const [list, setList] = useState(NOBODY);
  const [last, setLast] = useState<List | null>(null);
  const [activity, setActivity] = useState("");
  const [wrong, setWrong] = useState("");
  useEffect(() => {
    void kept<List>("group").then((found) => setLast(found ?? null));
  }, []);
  const change = (part: Partial<List>) => {
    setList({ ...list, ...part });
    setWrong("");
  };
  const add = (volunteer: string) => {
    if (list.members.includes(volunteer)) {
      toast(t("already", { volunteer }));
      return;
    }
    change({ members: [...list.members, volunteer] });
    say(t("added", { volunteer }));
  };
  const press = async (out: boolean) => {
    const own = device.value;
    const leader = volunteerOf(list.leader);
    if (!own) return;
    if (!leader) return setWrong(t("leaderMissing"));
    if (list.members.length === 0) return setWrong(t("groupEmpty"));
    if (activity === "") return setWrong(t("activityMissing"));
    const attributes = { ...(list.team && { team: list.team }), checked_by: leader };
    const visits = list.members.map((volunteer) => ({
      volunteer,
      activity,
      out,
      method: "group" as const,
      attributes,
    }));
    const marks = await mark(own, visits, Date.now());
    await keep("group", { ...list, leader });
    void send();
    show({ is: "done", marks });
  };
  const teams = told.value?.programme.teams ?? [];
  return (
    <div class="stack">
      <Title back>{t("group")}</Title>
      <p class="soft">{t("groupLead")}</p>
      <div class="grid">
        <Select
          label={t("team")}
          value={list.team}
          options={[
            { value: "", text: t("teamNone") },
            ...teams.map(({ id, name }) => ({ value: id, text: name })),
          ]}
          onText={(team) => change({ team })}
        />
        <TextField
          label={t("leader")}
          value={list.leader}
          onText={(leader) => change({ leader })}
        />
      </div>
      {last && list.members.length === 0 && (
        <Button icon="people" onPress={() => change(last)}>
          {t("lastGroup", { count: last.members.length })}
        </Button>
      )}
      <Identify go={t("add")} onFound={add} />
      <section class="card" aria-live="polite">
        <h2>{t("members", { count: list.members.length })}</h2>
        <ul class="row">
          {list.members.map((volunteer) => (
            <li key={volunteer} class="member">
              {volunteer}
              <button
                type="button"
                aria-label={t("remove", { volunteer })}
                onClick={() => change({ members: list.members.filter((one) => one !== volunteer) })}
              >
                <Icon name="cross" />
              </button>
            </li>
          ))}
        </ul>
      </section>
      <Activities
        now={now}
        chosen={activity}
        onChoose={(next) => {
          setActivity(next);
          setWrong("");
        }}
      />
      {wrong && (
        <Notice tone="bad" alert>
          {wrong}
        </Notice>
      )}
      <div class="in-out">
        <Button icon="in" look="primary" onPress={() => press(false)}>
          {t("groupIn")}
        </Button>
        <Button icon="out" onPress={() => press(true)}>
          {t("groupOut")}
        </Button>
      </div>
    </div>
  );
}
