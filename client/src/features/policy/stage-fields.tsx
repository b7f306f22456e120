import { roles } from '@countersign/shared/access/roles.ts'
import { type Stage, stageLevels } from '@countersign/shared/policy/rules.ts'
import { ActionIcon, Button, MultiSelect, NumberInput, Select } from '@mantine/core'
import { IconX } from '@tabler/icons-react'
import type { ReactNode } from 'react'
import { useTranslation } from 'react-i18next'

const signing = roles.filter((role) => role !== 'account-manager' && role !== 'auditor')
const fresh: Stage = { people: 1, roles: ['policy-owner'], level: 'covering' }
const most = 3

type Fields = { stages: readonly Stage[]; onChange: (stages: Stage[]) => void; error: (path: string) => ReactNode }

/** Who signs: so many people, of these roles, held there. Nobody counts for two. */
export const Stages = ({ stages, onChange, error }: Fields) => {
  const { t } = useTranslation()
  const put = (index: number, stage: Stage) => onChange(stages.map((one, at) => (at === index ? stage : one)))
  return (
    <>
      {stages.map((stage, index) => (
        <fieldset key={index} className="plain row wrap stage">
          <legend className="soft small">{t('policy.edit.stage', { place: index + 1 })}</legend>
          <NumberInput
            label={t('policy.edit.people')}
            value={stage.people}
            onChange={(value) => put(index, { ...stage, people: typeof value === 'number' ? value : Number.NaN })}
            error={error(`stages.${index}.people`)}
            min={1}
            max={4}
            w={96}
          />
          <MultiSelect
            label={t('policy.edit.signers')}
            data={signing.map((value) => ({ value, label: t(`role.${value}`) }))}
            value={stage.roles}
            onChange={(values) => put(index, { ...stage, roles: signing.filter((role) => values.includes(role)) })}
            error={error(`stages.${index}.roles`)}
          />
          <Select
            label={t('policy.edit.level')}
            data={stageLevels.map((value) => ({ value, label: t(`policy.levels.${value}`) }))}
            value={stage.level}
            onChange={(value) => put(index, { ...stage, level: stageLevels.find((one) => one === value) ?? stage.level })}
            allowDeselect={false}
          />
          {stages.length > 1 ? (
            <ActionIcon
              variant="subtle"
              aria-label={t('policy.edit.removeStage', { place: index + 1 })}
              onClick={() => onChange(stages.filter((_, at) => at !== index))}
            >
              <IconX size={16} aria-hidden="true" />
            </ActionIcon>
          ) : null}
        </fieldset>
      ))}
      {error('stages') ? (
        <p className="notice danger small" style={{ margin: 0 }}>
          {error('stages')}
        </p>
      ) : null}
      {stages.length < most ? (
        <div>
          <Button variant="subtle" size="compact-sm" onClick={() => onChange([...stages, fresh])}>
            {t('policy.edit.addStage')}
          </Button>
        </div>
      ) : null}
    </>
  )
}
